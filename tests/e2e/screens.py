"""Every screen in every state that matters, as one table and one story: the pictures are taken from it, and accessibility is looked at in it.

The story is told once: calm, somebody out on a visit, an alarm, answered, called off, ended, the desk asks, a drill, a server that has gone. At each
of its stages the screens of that stage are opened, in whatever language, theme and size the caller wants.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Browser
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.e2e.parts import ANDROID, DESK, IPHONE, OFFICE, PHONE, Caller, Device, Screen, hello, live, new_id, until
from tests.stack import Stack

WALL = {"width": 1920, "height": 1080}
TALL = {"width": 1080, "height": 1920}
NARROW = {"width": 320, "height": 640}

LANGUAGES, THEMES = ("nb", "nn", "en"), ("light", "dark")
OLA, KARI, LIV, AMINA, SONDRE, BOARD = "ola.brekke", "kari.nilsen", "liv.solberg", "amina.hassan", "sondre.vik", "tavle.fjordvik"
NEIGHBOUR, EIRIK = "nav-lillevik", "eirik.solheim"  # he leads both offices


@dataclass(frozen=True)
class Shot:
    """One screen. `who`: nobody where it is seen signed out. `ready`: a selector that is there once it is drawn. `urgent`: one on which
    the main buttons must be 64 px. `agent`: what the browser says it is, where that is not this one. `then`: what is done on it before it is looked at."""

    name: str
    stage: str
    who: str | None
    path: str
    ready: str
    sizes: tuple[dict[str, int], ...] = (PHONE, DESK)
    urgent: bool = False
    agent: str | None = None
    then: Callable[[Screen], None] | None = None


def tap(words: str) -> Callable[[Screen], None]:
    return lambda screen: screen.button(re.compile(words)).first.click()


def choose(screen: Screen, value: str) -> None:
    screen.page.locator("select").first.select_option(value)


def alone(screen: Screen) -> None:
    """The server answers nothing."""
    screen.page.route("**/api/**", lambda route: route.abort())
    screen.page.reload()
    screen.page.locator(".no-alarm").wait_for()


ENROLLED = """() => new Promise((say) => {
  const opening = indexedDB.open("varde-worker");
  opening.onerror = () => say(false);
  opening.onsuccess = () => {
    const asked = opening.result.transaction("kept").objectStore("kept").get("device_key");
    asked.onsuccess = () => { opening.result.close(); say(Boolean(asked.result?.enrolled)); };
  };
})"""


def lock(screen: Screen) -> None:
    """The session has ended, and only the phone's own key speaks for its owner."""
    until(lambda: screen.page.evaluate(ENROLLED), what="the phone is enrolled")
    screen.context.clear_cookies(name="varde_session")
    screen.page.reload()
    screen.page.locator(".unlock").wait_for()
    screen.page.locator(".line.connected").first.wait_for()


def say_unanswered(screen: Screen) -> None:
    """How somebody is, is on its way and does not arrive."""
    screen.page.route("**/aftermath", lambda route: route.continue_() if route.request.method == "GET" else None)
    screen.page.locator(f"{QUESTION} button").first.click()
    screen.page.locator(f"{QUESTION} [aria-disabled=true]").first.wait_for()


def show_code(screen: Screen) -> None:
    screen.page.locator(".invite-rows button").first.click()
    screen.page.locator(".qr").wait_for()


onwards = tap("^Fortsett|^Hald fram|^Continue")
QUESTION = "section.card[aria-label]:has(> div > h2 + .soft)"
"""How somebody is, after an alarm. Other cards have headings and buttons too, and are there before it."""

PORTABLE = "fjordvik-baerbar-1"
PHONES, WALLS, DESKS = (PHONE, NARROW), (WALL, TALL), (DESK, NARROW)

SHOTS: tuple[Shot, ...] = (
    Shot("signin", "calm", None, "/", ".demo-person"),
    Shot("signin-alone", "calm", None, "/", ".demo-person", PHONES, urgent=True, then=alone),
    Shot("outbox", "calm", None, "/utboks", "main h1"),
    Shot("home-phone", "calm", OLA, "/", ".sos-large", PHONES),
    Shot("home-locked", "calm", OLA, "/", ".sos-large", PHONES, then=lock),
    Shot("lifeboat", "calm", OLA, "/nod", "button.sos", urgent=True),
    Shot("lifeboat-unknown", "calm", None, "/nod", "a.button", PHONES, urgent=True),
    Shot("settings", "calm", OLA, "/", ".settings-button", then=lambda screen: screen.page.locator(".settings-button").click()),
    Shot("start-language", "calm", None, "/kom-i-gang#ABCD2345", ".start-language"),
    Shot("start-install", "calm", None, "/kom-i-gang#ABCD2345", ".start-language", (DESK,), then=onwards),
    Shot("start-iphone", "calm", None, "/kom-i-gang#ABCD2345", ".start-language", PHONES, agent=IPHONE, then=onwards),
    Shot("start-android", "calm", None, "/kom-i-gang#ABCD2345", ".start-language", PHONES, agent=ANDROID, then=onwards),
    Shot("start-push", "calm", OLA, "/kom-i-gang", ".start header + *", PHONES),
    Shot("pin", "calm", OLA, "/pin", "form input", PHONES),
    Shot("phones", "calm", LIV, "/telefoner", "main h2", PHONES),
    Shot("invite", "calm", LIV, "/inviter", ".invite-rows li", then=show_code),
    Shot("desk", "calm", KARI, "/", ".devices-table tr td", DESKS),
    Shot("drill-leader", "calm", SONDRE, "/desk", ".devices-table tr td", DESKS),
    Shot("wallboard", "calm", BOARD, "/", ".wall-tile", WALLS),
    Shot("not-found", "calm", OLA, "/i/a-none", ".page-main h1, .page-main a"),
    Shot("visits", "out", LIV, "/besok", ".visit-rows li"),
    Shot("visit-plan", "out", AMINA, "/besok/ny", "form, fieldset"),
    Shot("visit-running", "out", AMINA, "/besok/{visit}", ".sos-large", PHONES),
    Shot("visit-discreet", "out", AMINA, "/besok/{visit}", ".visit-out", PHONES, then=tap("^Diskret|^Discreet")),
    Shot("visit-watched", "out", OLA, "/besok/{visit}", "main h1"),
    Shot("visit-before", "out", AMINA, "/besok/{next_visit}", ".links li", PHONES),
    Shot("visit-alarm-lost", "opened", OLA, "/besok/{visit}", "main .notice", PHONES),
    Shot("home-alarm-lost", "opened", OLA, "/", ".visit-row-asks", PHONES),
    Shot("readiness", "out", LIV, "/klar", ".ready-table td"),
    Shot("wallboard-out", "out", BOARD, "/", ".wall-list li", WALLS),
    Shot("alarm-phone", "alarm", OLA, "/i/{alarm}", ".answer-bar", PHONES, urgent=True),
    Shot("desk-discreet", "alarm", KARI, "/", ".desk-title .soft", DESKS),
    Shot("wallboard-alarm", "alarm", BOARD, "/", ".wall-alarm", WALLS),
    Shot("visit-home", "alarm", AMINA, "/besok/{visit}", ".home-state", PHONES),
    Shot("visit-report", "alarm", AMINA, "/rapport/{visit}", "main h2"),
    Shot("own-alarm", "alarm", AMINA, "/", ".truth-steps li", PHONES),
    Shot("lifeboat-alarm", "alarm", OLA, "/nod/a/{alarm}?still=1", "button.first", urgent=True),
    Shot("lifeboat-own", "alarm", AMINA, "/nod/a/{alarm}?still=1", "ol.steps li", PHONES, urgent=True),
    Shot("card-phone", "answered", OLA, "/i/{alarm}", ".working input[type=checkbox]", PHONES),
    Shot("alarm-desk", "answered", LIV, "/i/{alarm}", ".working", (DESK,)),
    Shot("wallboard-answered", "answered", BOARD, "/", ".wall-alarm", WALLS),
    Shot("ending", "answered", LIV, "/i/{alarm}", ".working", PHONES, then=tap("^Avslutt alarmen|^End the alarm")),
    Shot("may-be-over", "called_off", LIV, "/i/{alarm}", ".working", PHONES),
    Shot("all-clear-phone", "ended", OLA, "/i/{alarm}", "main h1", PHONES),
    Shot("all-clear-lead", "ended", LIV, "/i/{alarm}", ".all-clear .card", (PHONE, DESK)),
    Shot("home-wish", "ended", LIV, "/", ".wishes", (PHONE, DESK)),
    Shot("home-asked", "ended", AMINA, "/", QUESTION, PHONES),
    Shot("home-saying", "ended", AMINA, "/", QUESTION, PHONES, then=say_unanswered),
    Shot("visit-counts", "ended", LIV, "/besok/tall", ".counts td"),
    Shot("log", "ended", LIV, "/log/{alarm}", ".page-main li"),
    Shot("desk-asked", "asked", KARI, "/", ".truth-steps li", DESKS),
    Shot("desk-afterwards", "drill", KARI, "/", f".desk-first {QUESTION}", DESKS),
    Shot("drill-phone", "drill", OLA, "/i/{alarm}", ".answer-bar", PHONES, urgent=True),
    Shot("drill-armed", "drill", SONDRE, "/i/{alarm}", ".told-line, .answer-bar, h1", PHONES),
    Shot("lifeboat-drill", "drill", OLA, "/nod/a/{alarm}?still=1", "body.drill button.first", urgent=True),
    Shot("lifeboat-real", "drill", OLA, "/nod/a/{alarm}?ekte=1", "body.drill button.real", urgent=True),
    Shot("drill-wallboard", "drill", BOARD, "/", ".wall-alarm, .wall-case", WALLS),
    Shot("all-clear-drill", "planned", OLA, "/i/{alarm}", ".all-clear h1", PHONES),
    Shot("exercises", "planned", LIV, "/ovelser", ".drill-rows li"),
    Shot("exercise-new", "planned", SONDRE, "/ovelser/ny", ".choices.listed .choice", then=lambda screen: choose(screen, "desk_walkthrough")),
    Shot("exercise-catalogue", "planned", SONDRE, "/ovelser/katalog", ".drill-rows li"),
    Shot("exercise-write", "planned", SONDRE, "/ovelser/katalog/kopi/desk_walkthrough", ".edit-row"),
    Shot("exercise-before", "planned", SONDRE, "/ovelse/{drill}", ".drill-line li", then=tap("^Regn ut|^Rekn ut|^Work it out")),
    Shot("exercise-two-offices", "planned", EIRIK, "/ovelse/{both}", ".approval"),
    Shot("exercise-board", "running", SONDRE, "/ovelse/{drill}", ".drill-table tbody tr"),
    Shot("exercise-mine", "running", OLA, "/ovelse/{drill}", ".drill-running", PHONES),
    Shot("exercise-evaluate", "over", OLA, "/ovelse/{drill}", "fieldset", PHONES),
    Shot("exercise-after", "over", SONDRE, "/ovelse/{drill}", ".finding"),
    Shot("exercise-report", "over", SONDRE, "/ovelse/{drill}/rapport", ".report .curve"),
    Shot("exercise-year", "over", LIV, "/ovelser/program", ".targets li"),
    Shot("exercise-training", "over", LIV, "/ovelser/dokumentasjon/nav-fjordvik", ".report tbody tr"),
    Shot("exercise-committee", "over", LIV, "/ovelser/amu/nav-fjordvik", ".report .targets"),
    Shot("desk-unknown", "gone", KARI, "/", ".status-light.unknown", DESKS),
    Shot("wallboard-unknown", "gone", BOARD, "/", ".wall-cover", WALLS),
    Shot("home-unknown", "gone", OLA, "/", ".home-state.unknown", PHONES),
)
STAGES = tuple(dict.fromkeys(shot.stage for shot in SHOTS))


@dataclass
class Story:
    """What the paths of the screens are filled with, and how to come from one stage to the next."""

    stack: Stack
    things: ExitStack
    facts: dict[str, str] = field(default_factory=dict)
    people: dict[str, Caller] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)

    def person(self, person_id: str) -> Caller:
        if person_id not in self.people:
            self.people[person_id] = one = Caller(self.stack, person_id)
            self.things.callback(one.stop)
        return self.people[person_id]

    def calm(self) -> None:
        """Several at their screens, and all buttons heard, as on an ordinary day."""
        for person_id in (LIV, AMINA, SONDRE):
            self.things.callback(at_a_screen(self.stack, self.person(person_id).cookie).close)
        for row in self.stack.devices():
            if row["office"] == OFFICE:
                self.devices[row["id"]] = one = Device(self.stack, row["id"])
                self.things.callback(one.stop)
        kari = self.person(KARI)
        until(lambda: all(one["state"] == "ok" for one in kari.http.get(f"/api/offices/{OFFICE}/now").json()["devices"] if one["battery"]), 40, "heard")

    def out(self) -> None:
        """Amina is out, and has planned another visit for later."""
        for name, minutes, address in (("visit", 0, "Fjellveien 3, Fjordvik"), ("next_visit", 150, "Strandgata 12, Fjordvik")):
            self.facts[name] = self.planned_visit(minutes, address)
            self.visit(OLA, "accept_contact", name, yes=True)
        self.visit(AMINA, "start")

    def planned_visit(self, in_minutes: float, address: str) -> str:
        amina, starts = self.person(AMINA), datetime.now(UTC) + timedelta(minutes=in_minutes)
        checklist = amina.http.get("/api/visits/checklist").json()
        answers = {item["id"]: item["id"] == "asked_colleagues" for item in checklist["items"] if item["answer"] == "yes_no"}
        body = {
            "id": new_id(), "office_id": OFFICE, "type": "other_outside", "people": [AMINA], "starts_at": starts.isoformat(),
            "ends_at": (starts + timedelta(minutes=60)).isoformat(), "contact_id": OLA, "answers": answers, "device_id": PORTABLE,
            "where": {"address": address, "detail": "2. etasje", "transport": "Blå varebil"},
        }  # fmt: skip
        planned = amina.http.post("/api/visits", json=body)
        assert planned.status_code == 200, planned.text
        return str(planned.json()["visit"]["id"])

    def opened(self) -> None:
        """Somebody opens the alarm that she has along."""
        self.devices[PORTABLE].fleet.act(PORTABLE, lambda button, now_s: button.tampered(now_s))
        until(lambda: self.person(OLA).http.get(f"/api/visits/{self.facts['visit']}").json()["alarm"] == "opened", what="the contact person knows")

    def alarm(self) -> None:
        """Amina asks for help from her phone, in a room without visitors: every screen shows it whole. Her portable alarm is closed again."""
        self.devices[PORTABLE].fleet.act(PORTABLE, lambda button, now_s: button.tampered(now_s, False))
        self.visit(AMINA, "end", pin="1234")
        self.visit(AMINA, "debrief", how="unpleasant")
        raised = self.person(AMINA).http.post(
            "/api/signals", json={"id": new_id(), "kind": "panic", "age_s": 0, "office_id": OFFICE, "zone_id": "kontorlandskap-vest", "device_id": None}
        )
        assert raised.status_code == 200, raised.text
        self.facts["alarm"] = raised.json()["alarm_id"]

    def answered(self) -> None:
        self.act(OLA, "acknowledge")
        self.act(LIV, "acknowledge", role="leader")
        self.act(LIV, "mark", mark="police_called")
        self.act(OLA, "note", text="Roligere nå. Vi er to inne.")
        self.act(OLA, "arrive")

    def called_off(self) -> None:
        self.act(AMINA, "call_off", pin="1234", seen_signal=1)

    def ended(self) -> None:
        self.act(LIV, "confirm", how="seen", seen_signal=1)
        self.act(LIV, "resolve", outcome="handled", seen_signal=1, text="Roet seg. Fulgt ut av to kolleger.")
        for person_id, word in ((OLA, "fine"), ("hakon.lunde", "talk")):
            assert self.person(person_id).http.put(f"/api/alarms/{self.facts['alarm']}/aftermath", json={"word": word}).status_code == 204

    def asked(self) -> None:
        """The desk itself has asked for help, and is shown what comes of it."""
        body = {"id": new_id(), "kind": "panic", "age_s": 0, "office_id": OFFICE, "zone_id": "mottak", "device_id": None}
        raised = self.person(KARI).http.post("/api/signals", json=body)
        assert raised.status_code == 200, raised.text
        self.facts["alarm"] = raised.json()["alarm_id"]

    def drill(self) -> None:
        self.act(LIV, "resolve", outcome="test", seen_signal=1)
        armed = self.person(SONDRE).http.post("/api/devices/fjordvik-skranke-1/arm", json={"purpose": "drill"})
        assert armed.status_code == 200, armed.text
        self.devices["fjordvik-skranke-1"].press()
        self.facts["alarm"] = self.person(LIV).the_alarm()["id"]

    def planned(self) -> None:
        """Another drill, planned and approved."""
        self.act(LIV, "resolve", outcome="drill_done", seen_signal=1)
        now, drill_id = datetime.now(UTC), new_id()
        plan = {
            "id": drill_id, "offices": [OFFICE], "exercise_id": "desk_walkthrough", "name": "Høylytt besøk, torsdag", "leader_id": SONDRE,
            "starts_at": now.isoformat(), "ends_at": (now + timedelta(minutes=30)).isoformat(),
            "presses": [{"office_id": OFFICE, "device_id": "fjordvik-skranke-1"}],
        }  # fmt: skip
        made = self.person(SONDRE).http.post("/api/drills", json=plan)
        assert made.status_code == 200, made.text
        self.facts["drill"] = f"d-{drill_id}"
        self.exercise(SONDRE, "consult", who="hakon.lunde", remark="Fint. Husk publikum.")
        self.planned_for_two(now + timedelta(days=1))

    def planned_for_two(self, starts_at: datetime) -> None:
        """By the one who leads both offices; one of the leads of the first has said yes, and the second waits."""
        drill_id = new_id()
        plan = {
            "id": drill_id, "offices": [OFFICE, NEIGHBOUR], "exercise_id": "desk_walkthrough", "name": "Nabohjelp", "leader_id": EIRIK,
            "starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(minutes=30)).isoformat(),
            "presses": [{"office_id": OFFICE, "zone_id": "mottak"}, {"office_id": NEIGHBOUR, "zone_id": "mottak"}],
        }  # fmt: skip
        made = self.person(EIRIK).http.post("/api/drills", json=plan)
        assert made.status_code == 200, made.text
        self.facts["both"] = f"d-{drill_id}"
        self.exercise(LIV, "approve", which="both", yes=True)

    def running(self) -> None:
        self.exercise(LIV, "approve", yes=True)
        self.exercise(SONDRE, "announce")
        self.exercise(SONDRE, "start", in_s=0, accept=["visit_out", "nobody_on_duty"])
        self.facts["alarm"] = until(lambda: [a["id"] for a in self.person(LIV).alarms() if a["drill"]], what="the drill's alarm")[0]
        self.act(OLA, "acknowledge")
        self.act(LIV, "acknowledge", role="leader")
        self.act(LIV, "mark", mark="police_called")
        self.act(OLA, "arrive")

    def over(self) -> None:
        self.exercise(SONDRE, "stop", why="done")
        until(lambda: not self.person(LIV).alarms(), what="the drill's end")
        self.exercise(SONDRE, "add_finding", text="Flere må ha lyden på", owner_id=LIV, due_on=(datetime.now(UTC) + timedelta(days=30)).date().isoformat())
        answers = {"answers": [{"question": one["id"], "answer": "yes"} for one in self.drill_now()["questions"] if one["answer"] == "yes_no"]}
        assert self.person(LIV).http.put(f"/api/drills/{self.facts['drill']}/evaluation", json=answers).status_code == 204

    def gone(self) -> None:
        """The server hangs, and the screens' own clocks go on."""

    def drill_now(self) -> dict[str, Any]:
        return self.person(LIV).http.get(f"/api/drills/{self.facts['drill']}").json()  # type: ignore[no-any-return]

    def exercise(self, person_id: str, action: str, which: str = "drill", **more: object) -> None:
        answer = self.person(person_id).http.post(f"/api/drills/{self.facts[which]}/actions", json={"id": new_id(), "action": action, **more})
        assert answer.status_code == 200, (action, answer.text)

    def act(self, person_id: str, action: str, **more: object) -> None:
        answer = self.person(person_id).act(self.facts["alarm"], action, **more)
        assert answer.status_code == 200, (action, answer.text)

    def visit(self, person_id: str, action: str, which: str = "visit", **more: object) -> None:
        answer = self.person(person_id).http.post(f"/api/visits/{self.facts[which]}/actions", json={"id": new_id(), "action": action, **more})
        assert answer.status_code == 200, (action, answer.text)


def at_a_screen(stack: Stack, cookie: dict[str, str]) -> ClientConnection:
    """Somebody whose screen is open, and answers the daily proof as the app does. What it is told is read, or nobody would hear the answer to a
    keep-alive either; a server that hangs for a while is no reason to go away."""
    socket = live(stack, cookie, ping_interval_s=None)
    socket.send(hello())

    def read() -> None:
        with suppress(ConnectionClosed):
            for frame in socket:
                if (said := json.loads(frame))["type"] == "proof":
                    socket.send(json.dumps({"type": "proof", "id": said["id"]}))

    threading.Thread(target=read, daemon=True).start()
    return socket


def told(stack: Stack, stages: tuple[str, ...] = STAGES) -> Iterator[tuple[Story, str]]:
    """The story, stage by stage; what is open is put away when it has been told."""
    with ExitStack() as things:
        story = Story(stack, things)
        for stage in stages:
            getattr(story, stage)()
            yield story, stage


AHEAD = "Date.now = ((own) => () => own() + (window.ahead_ms || 0))(Date.now)"
"""So that a screen can be made to believe that half a minute has gone."""


@contextmanager
def opened(browser: Browser, story: Story, shot: Shot, size: dict[str, int], language: str = "nb", theme: str = "light") -> Iterator[Screen]:
    """The screen, drawn and quiet."""
    screen = Screen(browser, story.stack, size, language, theme, shot.agent)
    try:
        screen.page.set_default_timeout(30_000)
        screen.context.add_init_script(AHEAD)
        if shot.who:
            name, value = story.person(shot.who).cookie["Cookie"].split("=", 1)
            screen.context.add_cookies([{"name": name, "value": value, "url": story.stack.url}])
        path = shot.path.format(**story.facts)
        if path.startswith("/nod"):
            path += f"{'&' if '?' in path else '?'}sprak={language}"
        screen.page.goto(story.stack.url + path)
        if shot.stage == "gone":
            screen.page.locator(".line.connected, .wall").first.wait_for()
            # Letters of a kind that has not been shown yet would never come from a server that hangs, and be waited for.
            screen.page.evaluate("Promise.all([...document.fonts].map((one) => one.load()))")
            with hanging(story.stack):
                screen.page.evaluate("window.ahead_ms = 30000")
                yield drawn(screen, shot)
            return
        yield drawn(screen, shot)
    finally:
        screen.close()


@contextmanager
def hanging(stack: Stack) -> Iterator[None]:
    stack.freeze("server")
    try:
        yield
    finally:
        stack.thaw("server")


def drawn(screen: Screen, shot: Shot) -> Screen:
    screen.page.locator(shot.ready).first.wait_for()
    if shot.who and shot.stage != "gone" and not shot.path.startswith("/nod"):  # the page without the app has no line
        screen.page.locator(".line.connected, .wall, .all-clear").first.wait_for()
    if shot.then:
        shot.then(screen)
    screen.page.evaluate("document.fonts.ready")
    time.sleep(0.25)  # what is fetched beside the screen itself: who can be reached, cards, the board
    return screen
