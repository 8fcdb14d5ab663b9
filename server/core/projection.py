"""What a screen is shown of an alarm. Near surfaces read a projection in which duress leaves no trace."""

from __future__ import annotations

from collections.abc import Iterable

from server.core import access
from server.core.directory import Directory
from server.core.drills import ends_itself_at
from server.core.escalation import NO_CARDS, cover, covered, open_level, ring_presser
from server.core.helpers import cries_alone, role_for
from server.core.model import ACTIVE, Alarm, State
from server.core.signals import STRENGTH, Kind
from server.core.triage import late_s
from server.core.values import frozen


@frozen
class Told:
    """How the telling stands: `people` as (recipient, status, channel), only where they are few enough to name."""

    count: int = 0
    reached: int = 0
    seen: int = 0
    failed: int = 0
    people: tuple[tuple[str, str, str | None], ...] = ()


CANCELLED_AS = "false_alarm"
"""The situation that near surfaces are shown when an alarm was called off while the person was still being asked."""


def shared(alarm: Alarm, near: bool, directory: Directory) -> dict[str, object]:
    """The part of the view that is the same for everyone on that side. Dates stay datetimes; the wire writes them."""
    first = alarm.signals[0]
    quieted = is_quiet(alarm, near)
    over = quieted and (alarm.feigned or alarm.state) is State.CANCELLED
    # under duress somebody away from there may change the situation of what near surfaces believe is over
    shown = CANCELLED_AS if over and CANCELLED_AS in directory.content.situations else alarm.situation
    situation = directory.content.situations.get(shown, NO_CARDS)
    state = alarm.feigned or (State.RAISED if alarm.open else alarm.state) if quieted else alarm.state
    level = open_level(alarm, directory) if near and (quieted or alarm.duress) else alarm.level
    heard_openly = alarm.signals_count - (sum(s.kind is Kind.DURESS for s in alarm.signals) if near else 0)
    view: dict[str, object] = {
        "id": alarm.id,
        "version": near_version(alarm) if quieted else alarm.version,
        "office_id": alarm.office_id,
        "state": state,
        "level": level,
        "kind": near_kind(alarm) if near else alarm.kind,
        "situation": shown,
        "drill": _drill(alarm, directory),
        "ended_drill": bool(alarm.ended_drills),
        "place": alarm.place,
        "opened_at": alarm.opened_at,
        "pressed_at": first.pressed_at,
        "received_at": first.heard_at,
        "late": late_s(first.pressed_at, first.heard_at) > directory.limits.late_press_s,
        "unverified": any(signal.doubt for signal in alarm.signals if not (near and signal.kind is Kind.DURESS)),
        "presses": heard_openly,
        "last_signal": alarm.signals_count,
        "presser": {
            "name": name_of(alarm.raiser_id, directory) if alarm.raiser_id else None,
            "device": _device_name(first.device_id, directory),
        },
        "silent": situation.silent,
        "go_to_scene": situation.go_to_scene,
        "ring_presser": situation.ring_presser if over else ring_presser(alarm, directory, near),
        "duress": alarm.duress and not near,
        "called_off": {"at": alarm.called_off.at, "by": name_of(alarm.called_off.by, directory)} if alarm.called_off else None,
        "confirmed": None,
        "police": _police(alarm, directory),
        "cover": [],
        "covered": False,
        "people": [],
        "told": {"count": 0, "reached": 0, "seen": 0, "failed": 0, "people": []},
        "marks": [],
        "notes": [],
        "step": {"number": 0, "of": 0, "next_at": None},
        "outcome": None if quieted and alarm.feigned else _outcome(alarm, directory),
    }
    if quieted:
        view["police"] = {"called_at": None, "called_by": None, "expected_at": None}
        return view
    confirmed, lines = alarm.confirmed, cover(alarm, directory)
    view |= {
        "confirmed": {"at": confirmed.at, "by": name_of(confirmed.by, directory), "how": confirmed.how} if confirmed else None,
        "cover": lines,
        "covered": covered(alarm, lines),
        "people": [
            {"person_id": a.person_id, "name": name_of(a.person_id, directory), "role": a.role, "stage": a.stage, "since": a.since,
             "lapse_at": a.lapse_at, "eta_at": a.eta_at}
            for a in alarm.assignments
            if a.answered
        ],
        "marks": [{"mark": m.mark, "at": m.at, "by": name_of(m.by, directory), "value": m.value} for m in alarm.marks],
        "notes": [{"at": n.at, "by": name_of(n.by, directory), "text": n.text} for n in alarm.notes],
        "step": {"number": alarm.plan.number + 1, "of": len(alarm.plan.steps), "next_at": None if near else alarm.plan.due_at},
    }  # fmt: skip
    return view


def near_version(alarm: Alarm) -> int | None:
    """The version that a quieted near surface is shown: it stands still, under duress or not, and moves once more at the end."""
    ended = not alarm.open and alarm.ending is not None and alarm.feigned is None
    return alarm.quiet_since + 1 if ended and alarm.quiet_since is not None else alarm.quiet_since


def is_quiet(alarm: Alarm, near: bool) -> bool:
    """Whether this surface is shown no more than that the alarm was called off."""
    return near and alarm.quiet_since is not None


def near_kind(alarm: Alarm) -> Kind:
    """The strongest kind that was said openly."""
    if alarm.kind is not Kind.DURESS:
        return alarm.kind
    return max((s.kind for s in alarm.signals if s.kind is not Kind.DURESS), key=STRENGTH.__getitem__, default=Kind.PANIC)


def told(alarm: Alarm, near: bool, delivery: Told, directory: Directory) -> dict[str, object]:
    """Who has been reached. A near surface of a called-off alarm learns no more of it."""
    if is_quiet(alarm, near):
        return {"count": 0, "reached": 0, "seen": 0, "failed": 0, "people": []}
    people = [
        {"person_id": who, "name": name_of(who, directory), "status": status, "channel": channel, "contact": who.startswith("@")}
        for who, status, channel in delivery.people
    ]
    return {"count": delivery.count, "reached": delivery.reached, "seen": delivery.seen, "failed": delivery.failed, "people": people}


def personal(alarm: Alarm, viewer: access.Viewer, near: bool, directory: Directory) -> dict[str, object]:
    """The part of the view that is this person's own: role, stage, questions, buttons."""
    quieted = is_quiet(alarm, near)
    held = None if quieted and alarm.feigned else alarm.assignment(viewer.person_id)
    may = access.actions(viewer, alarm, directory)
    helper = alarm.open and alarm.state is not State.PENDING and not cries_alone(alarm, viewer.person_id)
    active = held is not None and held.stage in ACTIVE
    lines = cover(alarm, directory) if helper and not quieted else ()
    return {
        "near": near,
        "told": viewer.person_id in alarm.told and not quieted,
        "is_presser": alarm.raised_by(viewer.person_id),
        # whoever answers after a call-off is given what cover lacks then, and under duress that may be another role
        "role": held.role if held and not quieted else None,
        "offered_role": role_for(alarm, viewer.person_id, lines, directory) if helper and not active and not quieted else None,
        "stage": held.stage if held and held.answered else None,
        "lapse_at": held.lapse_at if held else None,
        "ask": {"kind": held.ask, "answer_by": held.lapse_at} if held and held.ask else None,
        "ticks": list(held.ticks) if held else [],
        "open_roles": [line.role for line in lines if not line.filled],
        # whoever runs a planned drill has a board to look at: its alarm waits until he opens it
        "leads_drill": alarm.drill is not None and alarm.drill.planned and alarm.drill.leader_id == viewer.person_id,
        # for whoever armed the one button that began it: nobody has planned its end
        "drill_ends_at": ends_itself_at(alarm, directory.limits) if alarm.open and alarm.drill and alarm.drill.armed_by == viewer.person_id else None,
        "can": [action for action in ORDER if action in may],
    }


ORDER = (
    "acknowledge", "decline", "arrive", "shelter", "note", "tick", "swap_role", "change_situation", "mark", "more_help", "call_off", "confirm", "resolve",
    "this_is_real",
)  # fmt: skip


def name_of(who: str, directory: Directory) -> str:
    """A name for a screen. A contact is shown by its own name; somebody who has left the directory by the bare id."""
    if who.startswith("@"):
        return directory.contacts[who].name if who in directory.contacts else who
    return directory.people[who].name if who in directory.people else who


def _drill(alarm: Alarm, directory: Directory) -> dict[str, object] | None:
    """A drill's mark, with whom to ring instead of 112: its leader, by his own phone or the office's."""
    if alarm.drill is None:
        return None
    person = directory.people.get(alarm.drill.leader_id or "")
    office = directory.offices.get(alarm.office_id)
    phone = (person.phone if person else "") or (office.phone if office else "")
    leader = {"name": person.name if person else "", "phone": phone} if phone else None
    return {"id": alarm.drill.id, "name": alarm.drill.name, "leader": leader, "planned": alarm.drill.planned}


def _outcome(alarm: Alarm, directory: Directory) -> dict[str, object] | None:
    """How it ended. `alarm_id`: the real alarm that has taken a drill's place."""
    if alarm.ending is None:
        return None
    ending = alarm.ending
    by = name_of(ending.by, directory) if ending.by else None
    return {"outcome": ending.outcome, "at": ending.at, "by": by, "alarm_id": ending.became}


def _device_name(device_id: str | None, directory: Directory) -> str | None:
    if device_id is None:
        return None
    return directory.devices[device_id].name if device_id in directory.devices else device_id


def _police(alarm: Alarm, directory: Directory) -> dict[str, object]:
    called, expected = alarm.mark("police_called"), alarm.mark("police_expected")
    return {
        "called_at": called.at if called else None,
        "called_by": name_of(called.by, directory) if called else None,
        "expected_at": expected.value if expected else None,
    }


NEAR_HIDES = frozenset({"duress", "level_raised"})
"""Words of the log that a near surface never sees."""


def near_log(words: Iterable[str]) -> list[bool]:
    """For each word of the log in order: may a near surface see it? After a call-off nothing is shown until the end or a new press,
    since what follows under duress differs."""
    shown, quiet, ended = [], False, False
    for word in words:
        if word in ("resolved", "cancelled", "joined", "call_off_cleared"):
            quiet = False
        shown.append(not quiet and not ended and word not in NEAR_HIDES)
        if word == "called_off":
            quiet = True
        if word == "cancelled":  # under duress the truth goes on after it
            ended = True
    return shown


def without_presser(shared: dict[str, object]) -> dict[str, object]:
    """For a phone on which nobody is signed in: who pressed is a name, and names are for those who have shown who they are."""
    presser = shared["presser"]
    assert isinstance(presser, dict)
    return shared | {"presser": presser | {"name": None}}
