"""The alarm's life as one table: what may happen in which state. `take` is the only way from one moment to the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from server.core import events as e
from server.core import drill_rules, endings, helpers, rules
from server.core.directory import Directory, Plan, Selector
from server.core.escalation import Draft, freeze, level_of, running, settle, tell_devices
from server.core.log import Said
from server.core.model import Alarm, Drill, Level, Place, State
from server.core.orders import Order, Say
from server.core.signals import ASKS_FIRST, Doubt, Kind, Signal
from server.core.visit.model import Visit
from server.core.values import frozen, replace

Rule = Callable[[Draft, e.Event], str | None]

FELT_UNSAFE = "felt_unsafe"
"""The checklist's answer that lifts a missed check-in to an emergency."""

ENDED = "ended"
ASKING = "still_asking"  # the person is being asked; nobody else has been told
OPEN = (State.PENDING, State.RAISED, State.ACKNOWLEDGED, State.ON_SCENE)

TABLE: dict[type, tuple[Rule | str, ...]] = {
    # event             PENDING           RAISED                  ACKNOWLEDGED            ON_SCENE                RESOLVED CANCELLED
    e.Pressed:         (rules.press,      rules.press,            rules.press,            rules.press,            ENDED,   ENDED),
    e.Deadline:        (rules.pass_time,  rules.pass_time,        rules.pass_time,        rules.pass_time,        ENDED,   ENDED),
    e.Unreached:       (ASKING,           rules.unreached,        rules.unreached,        rules.unreached,        ENDED,   ENDED),
    e.Acknowledge:     (ASKING,           helpers.acknowledge,    helpers.acknowledge,    helpers.acknowledge,    ENDED,   ENDED),
    e.Decline:         (ASKING,           helpers.decline,        helpers.decline,        helpers.decline,        ENDED,   ENDED),
    e.Arrive:          (ASKING,           helpers.arrive,         helpers.arrive,         helpers.arrive,         ENDED,   ENDED),
    e.Shelter:         (ASKING,           helpers.shelter,        helpers.shelter,        helpers.shelter,        ENDED,   ENDED),
    e.AddNote:         (rules.note,       rules.note,             rules.note,             rules.note,             ENDED,   ENDED),
    e.Tick:            (ASKING,           rules.tick,             rules.tick,             rules.tick,             ENDED,   ENDED),
    e.SwapRole:        (ASKING,           "not_assigned",         helpers.swap_role,      helpers.swap_role,      ENDED,   ENDED),
    e.ChangeSituation: (ASKING,           rules.change_situation, rules.change_situation, rules.change_situation, ENDED,   ENDED),
    e.SetMark:         (ASKING,           rules.mark,             rules.mark,             rules.mark,             ENDED,   ENDED),
    e.MoreHelp:        (ASKING,           helpers.more_help,      helpers.more_help,      helpers.more_help,      ENDED,   ENDED),
    e.CallOff:         (endings.cancel,   endings.call_off,       endings.call_off,       endings.call_off,       ENDED,   ENDED),
    e.TakenBack:       (endings.take_back,) * 4 + (ENDED, ENDED),
    e.Confirm:         (ASKING,           endings.confirm,        endings.confirm,        endings.confirm,        ENDED,   ENDED),
    e.Resolve:         (ASKING,           endings.resolve,        endings.resolve,        endings.resolve,        ENDED,   ENDED),
    e.BecameReal:      (drill_rules.became_real,) * 4 + (ENDED, ENDED),
    e.DrillOver:       (drill_rules.over,) * 4 + (ENDED, ENDED),
    e.StillOn:         (ASKING, *(drill_rules.still_on,) * 3, ENDED, ENDED),
    e.LeavesOut:       (drill_rules.leave_out,) * 4 + (ENDED, ENDED),
    e.EndsDrill:       (ASKING, *(drill_rules.ends_drill,) * 3, ENDED, ENDED),
}  # fmt: skip
"""A rule, or the reason why the event is refused in that state. Columns in the order of `State`."""

COLUMN = {state: index for index, state in enumerate(State)}


@frozen
class Step:
    """A decision: the alarm after it, what it orders, and what it says has happened."""

    alarm: Alarm
    orders: tuple[Order, ...]
    said: tuple[Said, ...]


@frozen
class Refused:
    """Nothing has changed. `reason` is a word that the screens translate into what to do."""

    reason: str


def take(alarm: Alarm, event: e.Event, now: datetime, directory: Directory) -> Step | Refused:
    """One step: the alarm after the event, or a refusal. Never raises for what people do."""
    rule = TABLE[type(event)][COLUMN[alarm.state]]
    if isinstance(rule, str):
        return Refused(rule)
    draft = Draft(alarm, now, directory)
    if refusal := rule(draft, event):
        return Refused(refusal)
    return _finish(draft, alarm)


def open_alarm(
    alarm_id: str, signal: Signal, presser: str, raiser_id: str | None, place: Place, situation: str, plan: Plan, now: datetime,
    directory: Directory, drill: Drill | None = None, visit: Visit | None = None, out_of: Alarm | None = None, said_by: str | None = None,
) -> Step:
    """A new alarm with its plan frozen in, and its first step started (or, for a fall or stillness, the person asked first).

    Duress is real, also in a drill. `visit`: the one that the person is out on; somebody who felt unsafe about it is not missed calmly.
    `out_of`: the drill whose place it takes, because `said_by` has said that it is real: nobody is asked first then.
    """
    level = Level.EMERGENCY if visit is not None and FELT_UNSAFE in visit.flags else level_of(signal.kind, situation, directory)
    asks_first = signal.kind in ASKS_FIRST and out_of is None
    hidden = signal.kind is Kind.DURESS
    steps = freeze(plan, directory, raiser_id)
    if signal.doubt is Doubt.UNKNOWN_DEVICE:  # nobody knows whose it is: those who can find out are told from the first step
        steps = (replace(steps[0], tell=(*steps[0].tell, *_administrators(signal.office_id, directory))), *steps[1:])
    contact_id = visit.contact_id if visit is not None else None
    steps = rules.with_contact(steps, contact_id)
    alarm = Alarm(
        alarm_id, 0, signal.office_id, State.PENDING if asks_first else State.RAISED, signal.kind, level, situation, presser, place, now,
        (rules.joined(signal),), 1, running(plan, steps, now), drill=None if hidden else drill, raiser_id=raiser_id,
        device_ids=(signal.device_id,) if signal.device_id else (), duress=hidden, hidden=hidden,
        visit_id=visit.id if visit is not None else None, contact_id=contact_id,
    )  # fmt: skip
    draft = Draft(alarm, now, directory)
    if out_of is not None:
        draft.change(device_ids=out_of.device_ids, also_raised=out_of.also_raised, level=Level.EMERGENCY if out_of.level is Level.EMERGENCY else level)
    draft.say(
        "opened", said_by or signal.person_id, signal=signal.id, kind=signal.kind, doubt=signal.doubt, device=signal.device_id, situation=situation,
        drill=alarm.drill.id if alarm.drill else None,  # the evidence itself says whether it was an exercise
    )  # fmt: skip
    if asks_first:
        rules.ask_first(draft)
    else:
        rules.raise_now(draft, "opened")
    if out_of is not None:
        drill_rules.ends_drill(draft, e.EndsDrill(out_of.id, (*out_of.told, *([said_by] if said_by else []))))
        tell_devices(draft, Say.ALARM, out_of.device_ids)  # the button's light speaks of this one from now on
    return _finish(draft, alarm)


def _administrators(office_id: str, directory: Directory) -> list[Selector]:
    return [Selector("person", person.id) for person in directory.administrators(office_id)]


def _finish(draft: Draft, before: Alarm) -> Step:
    settle(draft, before)
    draft.change(version=before.version + 1)
    assert (due(draft.alarm) is not None) == draft.alarm.open, "open implies a deadline, ended implies none"
    return Step(draft.alarm, tuple(draft.orders.values()), tuple(draft.said))


def due(alarm: Alarm) -> datetime | None:
    """When this alarm must be looked at next. Total: open implies a time, ended implies none."""
    if not alarm.open:
        return None
    times = [a.lapse_at for a in alarm.assignments]
    times += [alarm.grace_until, alarm.plan.due_at, alarm.called_off.confirm_by if alarm.called_off else None]
    return min((time for time in times if time is not None), default=None)


ACTIONS: dict[str, type] = {
    "acknowledge": e.Acknowledge,
    "decline": e.Decline,
    "arrive": e.Arrive,
    "shelter": e.Shelter,
    "note": e.AddNote,
    "tick": e.Tick,
    "swap_role": e.SwapRole,
    "change_situation": e.ChangeSituation,
    "mark": e.SetMark,
    "more_help": e.MoreHelp,
    "call_off": e.CallOff,
    "confirm": e.Confirm,
    "resolve": e.Resolve,
    "this_is_real": e.BecameReal,
}
"""What people can do, by the names that the wire uses."""


def allowed(alarm: Alarm) -> frozenset[str]:
    """The actions that the table has a rule for in this state: the screens draw their buttons from it."""
    return ALLOWED[alarm.state]


ALLOWED = {
    state: frozenset(name for name, event in ACTIONS.items() if not isinstance(TABLE[event][COLUMN[state]], str)) for state in State
}

