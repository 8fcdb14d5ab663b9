"""What happens to the world while things go wrong: presses, kills, cuts, clocks that jump, offices that are edited, drills beside real alarms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from server.core import alarm as table
from server.core.alarm import open_alarm
from server.core.directory import Duty, Selector, Step
from server.core.model import Alarm, Drill
from server.core.signals import Kind, Signal
from server.core.triage import origin_of, place_of, plan_of
from server.core.values import replace
from server.flow import actions, intake, ticker
from server.flow.context import streams_of, written
from server.store.contract import Change
from tests.flow.people import ALL_CHANNELS, HOME, OFFICE, STEPS, plan
from tests.sim.exercises import Exercising, Wheel
from tests.sim.visits import Walker
from tests.sim.world import Lost, Server, World

KINDS = [Kind.PANIC] * 10 + [Kind.ASSIST] * 3 + [Kind.DURESS, Kind.FALL, Kind.NO_MOTION, Kind.CALL_OFF, Kind.TEST, Kind.HEARTBEAT]


AHEAD_S = 1200.0

AT_THE_COUNTER = (Step((Selector("role", "logger"),), ALL_CHANNELS, 30),)
FAR = (STEPS[0], Step((Selector("person", "odd"), Selector("person", "liv")), ALL_CHANNELS, 30))
OUTSIDE = (Step((Selector("contact", "sentral"),), ALL_CHANNELS, 30),)


def happen(world: World, faults_s: float) -> None:
    """Lays out what this seed does to its world, all within the time of faults."""
    random = world.random
    world.proving.happen(faults_s)
    for _ in range(random.randint(2, 8)):
        world.after(random.uniform(0, faults_s * 0.8), lambda: press(world))
    for what, most in ((jump, 2), (cut, 3), (kill, 3), (edit_duty, 4), (edit_plan, 2), (drill, 2), (arm, 2), (sos, 2), (sicken, 2)):
        for _ in range(random.randint(0, most)):
            world.after(random.uniform(0, faults_s), lambda what=what: what(world))  # type: ignore[misc]
    for person_id in random.sample(["kari", "nina", "erik"], random.randint(0, 2)):
        world.after(random.uniform(0, faults_s * 0.5), lambda person_id=person_id: world.walkers.append(Walker(world, person_id)))  # type: ignore[misc]
    for _ in range(random.choice([0, 0, 1, 1, 2])):
        world.after(random.uniform(0, faults_s * 0.7), lambda: world.exercises.append(Exercising(world)))
    if random.random() < 0.3:
        world.after(random.uniform(0, faults_s * 0.7), lambda: world.wheels.append(Wheel(world)))
    for _ in range(random.randint(0, 6)):
        person = random.choice(list(world.people.values()))
        world.after(random.uniform(0, faults_s), lambda person=person: unplug(world, person.id))  # type: ignore[misc]


def press(world: World) -> None:
    """One press, or several by a thumb that does not stop."""
    button = world.random.choice(world.buttons)
    kind = world.random.choice(KINDS)
    button.press(kind)
    for n in range(world.random.choice([0, 0, 0, 1, 4])):
        world.after(0.4 * (n + 1) * world.random.uniform(0.2, 20), lambda: button.press(kind))


def sos(world: World) -> None:
    world.random.choice(list(world.people.values())).sos(world.random.choice([Kind.PANIC, Kind.ASSIST]))


def jump(world: World) -> None:
    by_s = world.random.choice([-2.0, -0.5, 3.0, 45.0, 400.0, AHEAD_S])
    _jump(world, by_s)
    if by_s == AHEAD_S:  # somebody notices, and puts it back
        world.after(world.random.uniform(2, 40), lambda: _jump(world, -by_s))


def _jump(world: World, by_s: float) -> None:
    world.tell(f"the servers' clock jumps {by_s:+} s")
    world.skew_s += by_s
    world.watch.clock_jumped(by_s)
    world.proving.clock_jumped()


def cut(world: World) -> None:
    world.gateway.cut_until_s = world.time_s + world.random.uniform(2, 40)
    world.tell(f"the gateway's line is cut until {world.gateway.cut_until_s:.0f} s")


def kill(world: World) -> None:
    world.some_server().crash(world.random.uniform(1, 30))


def unplug(world: World, person_id: str) -> None:
    phone = world.people[person_id].phone
    phone.online = False
    world.after(world.random.uniform(2, 150), phone.come_online)


def edit_duty(world: World) -> None:
    person_id = world.random.choice(list(HOME))
    world.set_duty(person_id, HOME[person_id], world.random.choice(list(Duty)), world.servers[0])


def edit_plan(world: World) -> None:
    """The office edits its plan: no running alarm may notice. Some plans name only people at the counter, somebody of another
    office, or only a contact."""
    steps = world.random.choice([STEPS[:1], STEPS[1:], STEPS[::-1], (replace(STEPS[0], wait_s=7), *STEPS[1:]), AT_THE_COUNTER, FAR, OUTSIDE])
    world.tell(f"the office edits its plan: {len(steps)} steps")
    others = tuple(one for one in world.directory.plans if one.office_id != OFFICE)
    world.directory = replace(world.directory, plans=(replace(plan(steps=steps), id="plan-edited"), *others))


def sicken(world: World) -> None:
    """An alarm about which nothing can be decided, for a while: a mistake of ours that nobody knew of."""
    alarms = world.open_alarms()
    if alarms:
        alarm_id = world.random.choice(alarms).id
        world.tell(f"{alarm_id} is sick")
        world.sick_ids.add(alarm_id)
        world.after(world.random.uniform(20, 100), lambda: world.sick_ids.discard(alarm_id))


@contextmanager
def sickness(world: World) -> Iterator[None]:
    """Deciding about a sick alarm raises, in the ticker and at the intake."""
    healthy = {module: module.take for module in (ticker, intake)}

    def take(alarm: Alarm, *rest: object) -> object:
        if alarm.id in world.sick_ids:
            raise ValueError("nobody can decide this")
        return table.take(alarm, *rest)  # type: ignore[arg-type]

    for module in healthy:
        module.take = take  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module, before in healthy.items():
            module.take = before  # type: ignore[attr-defined]


def arm(world: World) -> None:
    button, server = world.random.choice(world.buttons[:3]), world.some_server()
    world.watch.armed(button.id)
    try:
        purpose = world.random.choice(["test", "drill"])
        server.open("arm", lambda: actions.arm(server.context, button.id, purpose, "liv"))
        world.tell(f"{button.id} is armed for a {purpose}")
    except Lost:
        pass


def drill(world: World) -> None:
    """A drill begins beside whatever is real. It is opened beside the intake door, which makes no drills yet."""
    server = world.some_server()
    button = world.random.choice(world.buttons[:3])
    try:
        server.open("drill", lambda: _open_drill(world, server, button.id))
    except Lost:
        pass


def _open_drill(world: World, server: Server, device_id: str) -> None:
    context, now, directory = server.context, world.now(), world.directory
    signal = Signal(f"drill-{next(world.ids)}", Kind.PANIC, OFFICE, now, device_id)
    origin = origin_of(signal, directory)
    chosen, situation = plan_of(origin, directory)
    step = open_alarm(
        context.new_id("a"), signal, origin.presser, origin.raiser_id, place_of(origin, directory), situation, chosen, now, directory,
        Drill(signal.id, "Høstøvelsen", "liv"),
    )  # fmt: skip
    alarm, entries = written(context, None, step, now)
    world.tell(f"a drill begins: {alarm.id}")
    context.store.commit(Change(now, [(0, alarm)], (), entries, step.orders, (), streams_of(alarm, directory)))
