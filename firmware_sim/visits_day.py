"""A day of an office as its caseworkers live it: they go out, and some forget, lose coverage, are held back, are forced, or drop the phone in the river.

Against a running demo, whose clock is put forward instead of waiting: `python -m firmware_sim visits-day`. The same seed makes the same day. At the
end it says, for each visit, what really happened and what was noticed when; whoever needed help and was not missed makes it fail.
"""

from __future__ import annotations

import http.cookiejar
import json
import random
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FATES = {"fine": 10, "forgets": 4, "no_coverage": 3, "held_back": 1, "river": 1, "forced": 1}
"""What becomes of people, and of how many. At least one of each in a day."""
MISSED = ("held_back", "forced", "river")
"""Of these nothing is heard any more, or nothing true: they must be noticed."""
PIN, DURESS_PIN = "1234", "4321"
ALARM_ENDED_AFTER_MIN = 6
CONTACT_CALLS_AFTER_MIN = 2
CHASED_MIN = 30
"""For so long after a visit people may still be looked for."""


class Phone:
    """One person's session with the demo."""

    def __init__(self, url: str, person_id: str) -> None:
        self.url, self.person_id = url, person_id
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())).open
        status, _ = self.ask("POST", "/api/demo/session", {"person_id": person_id})
        if status != 204:
            raise SystemExit(f"{url} does not let {person_id} in ({status}): is it a running demo?")

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"}, method=method)
        try:
            with self._open(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def tap(self, visit_id: str, action: str, **fields: object) -> str | None:
        """None where it was done, else the reason."""
        status, body = self.ask("POST", f"/api/visits/{visit_id}/actions", {"id": str(uuid.uuid4()), "action": action, **fields})
        return None if status == 200 else str(body.get("reason"))


@dataclass
class Walk:
    """One caseworker's visit, and what was seen of it."""

    phone: Phone
    contact: Phone
    fate: str
    starts_min: int
    length_min: int
    silent_from_min: int = 0
    visit_id: str = ""
    started: bool = False
    done: bool = False
    refused: str = ""
    seen: dict[str, int] = field(default_factory=dict)
    """What was noticed, and in which minute of the day."""
    next_tap_min: int = 0


class Day:
    """Plays one day, a minute at a time."""

    def __init__(self, url: str, seed: int, walks: int | None = None, say: Callable[[str], None] = print) -> None:
        """`walks`: how many go out; None for everybody in the office but those who lead it."""
        self.url, self.chance, self.say, self.minute = url, random.Random(seed), say, 0
        self.office, lead, self.place = self._who()
        self.lead = Phone(url, lead)
        _, choices = self.lead.ask("GET", f"/api/visits/choices?office_id={self.office}")
        if any(visit["started_at"] and visit["state"] not in ("HOME", "CANCELLED") for visit in self._board()):
            raise SystemExit("somebody is out already: start a fresh demo (--data another folder)")
        phones = {one["id"]: Phone(url, one["id"]) for one in choices["people"] if not one["leads"]}
        people = [name for name, phone in phones.items() if phone.ask("GET", "/api/session")[1]["surface"] != "wallboard"]
        self.chance.shuffle(people)
        fates = [fate for fate, share in FATES.items() for _ in range(share)]
        walks = len(people) if walks is None else walks
        if len(people) < max(2, walks):
            raise SystemExit(f"{walks} visits need as many people, and two at least; {self.office} has {len(people)}: take fewer (--visits)")
        fates = [*FATES, *self.chance.choices(fates, k=max(0, walks - len(FATES)))][:walks]
        times = {person: (self.chance.randrange(0, 300), self.chance.choice((30, 45, 60, 90))) for person in people[:walks]}
        phones = {person: phones[person] for person in people}
        self.walks = [self._walk(fate, phones, person, times) for fate, person in zip(fates, people)]
        self.began = self._now()

    def play(self, minutes: int) -> int:
        """Gives how many were not noticed who should have been."""
        while self.minute < minutes and not all(walk.done for walk in self.walks):
            for walk in self.walks:
                self._live(walk)
            self._look()
            self._forward()
        return self._tell()

    # ---------------------------------------------------------------- people

    def _walk(self, fate: str, phones: dict[str, Phone], worker: str, times: dict[str, tuple[int, int]]) -> Walk:
        """Watched by a colleague who is in the office meanwhile."""
        starts, length = times[worker]
        inside = [one for one in phones if one != worker and (one not in times or not _meet(times[one], (starts, length)))]
        contact = self.chance.choice(inside or [one for one in phones if one != worker])
        return Walk(phones[worker], phones[contact], fate, starts, length, starts + self.chance.randrange(5, length))

    def _live(self, walk: Walk) -> None:
        """What this person does in this minute."""
        if walk.done or self.minute < walk.starts_min:
            return
        if not walk.started:
            self._leave(walk)
        elif walk.fate in ("held_back", "river") and self.minute >= walk.silent_from_min:
            return  # nothing is heard from them any more
        elif walk.fate == "forced" and self.minute >= walk.silent_from_min:
            if "checked_out" not in walk.seen and walk.phone.tap(walk.visit_id, "end", pin=DURESS_PIN) is None:
                walk.seen["checked_out"] = self.minute
        elif walk.fate == "forgets" and self.minute >= walk.starts_min + walk.length_min:
            return  # back at the desk, and has not thought of it
        elif self.minute >= walk.starts_min + walk.length_min:
            if walk.phone.tap(walk.visit_id, "end", pin=PIN) in (None, "ended"):
                walk.phone.tap(walk.visit_id, "debrief", how=self.chance.choice(("fine", "fine", "unpleasant")))
        elif self.minute >= walk.next_tap_min:
            if walk.fate == "no_coverage" and "no_coverage" not in walk.seen and walk.phone.tap(walk.visit_id, "no_coverage", seconds=1800) is None:
                walk.seen["no_coverage"], walk.next_tap_min = self.minute, self.minute + 28
            else:
                walk.phone.tap(walk.visit_id, "check_in")
                walk.next_tap_min = self.minute + self.chance.randrange(12, 27)

    def _leave(self, walk: Walk) -> None:
        walk.started, now = True, self._now()
        _, checklist = walk.phone.ask("GET", "/api/visits/checklist")
        answers = {item["id"]: item["id"] == "asked_colleagues" for item in checklist["items"] if item["answer"] == "yes_no"}
        plan_id = str(uuid.uuid4())
        status, body = walk.phone.ask("POST", "/api/visits", {
            "id": plan_id, "office_id": self.office, "type": "other_outside", "people": [walk.phone.person_id], "where": {"address": self.place},
            "starts_at": now.isoformat(), "ends_at": (now + timedelta(minutes=walk.length_min)).isoformat(), "contact_id": walk.contact.person_id,
            "answers": answers,
        })  # fmt: skip
        walk.visit_id = body["visit"]["id"] if status == 200 else ""
        walk.refused = "" if status == 200 else str(body.get("reason", status))
        if walk.visit_id:
            walk.contact.tap(walk.visit_id, "accept_contact", yes=True)
            walk.refused = walk.phone.tap(walk.visit_id, "start") or ""
        if walk.refused == "needs_device":  # an office has fewer portable alarms than people; the manager decides, with a reason
            self.lead.tap(walk.visit_id, "approve", yes=True, reason="Every portable alarm is out", waived=["portable_alarm"])
            walk.refused = walk.phone.tap(walk.visit_id, "start") or ""
        walk.done, walk.next_tap_min = bool(walk.refused), self.minute + self.chance.randrange(12, 27)

    # ---------------------------------------------------------------- those who watch

    def _look(self) -> None:
        """The manager's board, and what the contact person and the manager do about it."""
        found = {visit["id"]: visit for visit in self._board()}
        for walk in self.walks:
            visit = found.get(walk.visit_id)
            if walk.done or visit is None:
                continue
            state, rung = visit["state"], visit.get("rung")
            for word, true in (("late", state == "GRACE"), ("contact", rung == "contact"), ("manager", rung == "leader"), ("alarm", bool(visit.get("alarms")))):
                if true:
                    walk.seen.setdefault(word, self.minute)
            if state == "HOME":
                walk.seen["home"], walk.done = self.minute, True
            elif rung == "contact" and self.minute - walk.seen["contact"] >= CONTACT_CALLS_AFTER_MIN:
                answers = walk.fate in ("forgets", "no_coverage", "fine")
                walk.contact.tap(walk.visit_id, "contact_says", **({"reached": True, "home": True} if answers else {"reached": False}))
            elif "alarm" in walk.seen and self.minute - walk.seen["alarm"] >= ALARM_ENDED_AFTER_MIN:
                self._end_alarm(visit["alarms"])

    def _end_alarm(self, alarms: list[str]) -> None:
        """Somebody has gone there, found them, and says so."""
        for alarm_id in alarms:
            _, alarm = self.lead.ask("GET", f"/api/alarms/{alarm_id}")
            where = {"visit_home": True} if (alarm.get("visit") or {}).get("settle") else {}
            body = {"id": str(uuid.uuid4()), "action": "resolve", "outcome": "handled", "seen_signal": alarm.get("last_signal"), **where}
            self.lead.ask("POST", f"/api/alarms/{alarm_id}/actions", body)

    # ---------------------------------------------------------------- the demo

    def _who(self) -> tuple[str, str, str]:
        """The larger of the demo's offices, somebody who leads it, and a street."""
        with urllib.request.urlopen(f"{self.url}/api/demo/people", timeout=20) as answer:
            people = json.loads(answer.read())["people"]
        for one in people:
            _, session = Phone(self.url, one["id"]).ask("GET", "/api/session")
            if "office_lead" in session["offices"][0]["access"]:
                return session["offices"][0]["id"], one["id"], "Fjellveien 3"
        raise SystemExit("nobody in this demo leads an office")

    def _board(self) -> list[dict]:
        return list(self.lead.ask("GET", "/api/visits")[1]["visits"])

    def _now(self) -> datetime:
        return datetime.fromisoformat(self.lead.ask("GET", "/api/session")[1]["server_time"])

    def _forward(self) -> None:
        self.minute += 1
        ahead = (self.began + timedelta(minutes=self.minute) - self._now()).total_seconds()
        if ahead > 0:
            self.lead.ask("POST", "/api/demo/clock", {"forward_s": ahead})
        time.sleep(0.05)  # the server notices by itself what is due now

    # ---------------------------------------------------------------- the summary

    def _tell(self) -> int:
        order = ("late", "contact", "manager", "alarm", "home")
        self.say(f"{'what happened':14}{'out':>6}{'until':>7}" + "".join(f"{word:>9}" for word in order))
        for walk in sorted(self.walks, key=lambda one: (one.starts_min, one.visit_id)):
            seen = "".join(f"{self._clock(walk.seen.get(word)):>9}" for word in order)
            refused = f"  not started: {walk.refused}" if walk.refused else ""
            self.say(f"{walk.fate:14}{self._clock(walk.starts_min):>6}{self._clock(walk.starts_min + walk.length_min):>7}{seen}{refused}")
        gone = [walk for walk in self.walks if walk.started and not walk.refused]
        unnoticed = [walk for walk in gone if walk.fate in MISSED and "alarm" not in walk.seen]
        forgotten = sum("late" in walk.seen for walk in gone if walk.fate not in MISSED)
        waited = [walk.seen["alarm"] - walk.silent_from_min for walk in gone if walk.fate in MISSED and "alarm" in walk.seen]
        self.say(
            f"{len(gone)} visits; {len(waited)} people were gone or forced, and an alarm came {min(waited, default=0)} to {max(waited, default=0)} minutes "
            f"after that; {len(unnoticed)} were not missed; {forgotten} others were late"
        )
        return len(unnoticed)

    @staticmethod
    def _clock(minute: int | None) -> str:
        return "" if minute is None else f"{9 + minute // 60:02}:{minute % 60:02}"


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether somebody who is out at the one time might still be asked about what began at the other."""
    return one[0] < other[0] + other[1] + CHASED_MIN and other[0] < one[0] + one[1] + CHASED_MIN
