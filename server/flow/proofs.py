"""The daily proof's doors: asking for a run, its steps as they come back, its end, and how the chain stands. No alarm is opened anywhere here."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from server.core import proof as rules
from server.core.proof import Proof, Standing, Summary
from server.core.signals import Signal
from server.flow.auditor import is_silent
from server.flow.context import Context
from server.store.contract import GatewayState

ZONE = ZoneInfo("Europe/Oslo")
LOOK_BACK = timedelta(days=2)
"""How far the newest run is looked for: before that there was none worth knowing of."""
LAST_MOST = 50
"""Runs that are looked through for when the chain was last whole: while it is broken there is one a minute."""
ASKED_DAYS_MOST = 400
A_DAY_MOST = 200
"""A fault that lasts is tried each quarter of an hour: 96 runs a day. The rest is for those who ask, and for what comes and goes."""

journal = logging.getLogger("varde.proofs")


# ---------------------------------------------------------------- asking


def ask(context: Context, office_id: str, by: str) -> Proof:
    """A run in this office, now. Where one runs already it is that one."""
    running = next((one for one in context.store.running_proofs() if one.office_id == office_id), None)
    if running is None:
        _begin(context, running := Proof(context.new_id("p"), office_id, context.now(), by))
    return running


def look(context: Context, on_line: Collection[str] = ()) -> None:
    """Ends runs whose time is up, begins the day's, and tries again what was broken, or had no screen to answer. Called every few seconds; several
    servers may. `on_line`: the offices with a screen at this one. The day's run comes before people do: their first screen has it tried again."""
    now, directory = context.now(), context.directory()
    if running := context.store.running_proofs():
        states = gateway_states(context, (one.office_id for one in running), now)
        for before, after in context.store.change_proofs((one.id for one in running), lambda one: rules.judged(one, states[one.office_id], now)):
            if before.ended_at is None and after.ended_at is not None:
                _ended(context, after)
    began_at = day_began_at(now)
    with_devices = dict.fromkeys(device.office_id for device in directory.devices.values())  # without a button there is no chain
    newest = context.store.newest_proofs(with_devices, began_at - LOOK_BACK)
    wanting = [one for one in with_devices if rules.wanted(newest.get(one), began_at, now, one in on_line)]
    _begin(context, *(_of_the_day(newest.get(one), one, began_at, now) for one in wanting))


def _of_the_day(last: Proof | None, office_id: str, began_at: datetime, now: datetime) -> Proof:
    """The id is the same on every server that thinks of it: one of them begins it. And no more than one a minute, however screens come and go."""
    again = f"-{int(now.timestamp()) // rules.AGAIN_S}" if last is not None and last.made_at >= began_at else ""
    return rules.after(last, Proof(f"p-{office_id}-{began_at:%Y%m%d}{again}", office_id, now))


def came_to_life(context: Context, offices: Iterable[str]) -> None:
    """Their gateway or its broker is back: what was broken is tried at once, so that the desk's words go with the fault."""
    newest = context.store.newest_proofs(offices, context.now() - LOOK_BACK)
    broken = [(office_id, last) for office_id, last in newest.items() if last.broken and last.ended_at is not None]
    _begin(context, *(rules.after(last, Proof(context.new_id("p"), office_id, context.now())) for office_id, last in broken))


def _begin(context: Context, *proofs: Proof) -> None:
    if proofs and context.store.add_proofs(proofs):
        context.bell.ring("proofs")


def _ended(context: Context, proof: Proof) -> None:
    context.measures.proved(proof.office_id, proof.broken, proof.chain_ms, proof.drawn_ms)
    if proof.broken:
        journal.error("proof_broken", extra={"office": proof.office_id, "broken": proof.broken, "gateway": proof.gateway_id})
    context.bell.ring(f"now:{proof.office_id}")


def day_began_at(now: datetime) -> datetime:
    """When the present day of proofs began: the last HOUR o'clock in Oslo."""
    local = now.astimezone(ZONE)
    today = local.replace(hour=rules.HOUR, minute=0, second=0, microsecond=0)
    return today if today <= local else today - timedelta(days=1)


# ---------------------------------------------------------------- its steps


def fetch(context: Context, gateway_id: str, offices: Sequence[str]) -> list[dict[str, str]]:
    """What this gateway is to press: runs of its offices that it has not been given, or that came to nothing."""
    now, own = context.now(), frozenset(offices)
    given = [one for one in context.store.running_proofs() if one.office_id in own and rules.to_fetch(one, now)]
    if given:
        context.store.change_proofs((one.id for one in given), lambda one: rules.fetched(one, gateway_id, now))
    return [{"id": one.id, "office_id": one.office_id} for one in given]


def came_back(context: Context, signals: Sequence[Signal]) -> None:
    """Messages of runs that the gateway has heard from its broker. What is no run of ours, or of another office, is nothing."""
    now, heard = context.now(), {signal.id: signal for signal in reversed(signals)}  # the first of each counts

    def wanted(one: Proof) -> Proof:
        signal = heard[one.id]
        return rules.came_back(one, signal.heard_at, now) if one.office_id == signal.office_id else one

    changed = context.store.change_proofs(heard, wanted)
    stored = [after for before, after in changed if before.stored_at is None and after.stored_at is not None]
    if stored:
        context.bell.ring(*(f"proof:{one.office_id}/{one.id}" for one in stored))


def drawn(context: Context, proof_id: str, screens: int, drawn_ms: Sequence[int]) -> None:
    """What the screens at one server have said: how many were there, and what those took that answered."""
    if screens:
        context.store.change_proofs([proof_id], lambda one: rules.drawn(one, screens, drawn_ms))


# ---------------------------------------------------------------- how it stands


def gateway_states(context: Context, offices: Iterable[str], now: datetime) -> dict[str, str]:
    """ok, silent, broker_down or none, by office: how its gateways are known to be."""
    there: dict[str, list[GatewayState]] = {office_id: [] for office_id in offices}
    for gateway in context.store.gateways():
        for office_id in there.keys() & set(gateway.offices):
            there[office_id].append(gateway)
    return {office_id: _state(gateways, now) for office_id, gateways in there.items()}


def _state(gateways: Sequence[GatewayState], now: datetime) -> str:
    if not gateways:
        return "none"
    if any(is_silent(one.heard_at, now) for one in gateways):
        return "silent"
    return "ok" if all(one.broker == "ok" for one in gateways) else "broker_down"


def silent_gateways(context: Context, offices: Iterable[str], now: datetime) -> tuple[tuple[str, datetime], ...]:
    """(office, when its gateway was last heard) where the desk shows it as gone."""
    silent = [one for one in context.store.gateways() if is_silent(one.heard_at, now)]
    return tuple((office_id, one.heard_at) for office_id in offices for one in silent if office_id in one.offices)


def standing(context: Context, office_id: str) -> Standing:
    """Only where an office has devices there is a chain."""
    now = context.now()
    if not any(device.office_id == office_id for device in context.directory().devices.values()):
        return Standing("none")
    last = context.store.proofs(office_id, now - rules.FINE_FOR, LAST_MOST)
    return rules.standing(last, gateway_states(context, [office_id], now)[office_id], now)


def over_time(context: Context, office_id: str, days: int) -> tuple[list[Proof], Summary, datetime]:
    """The runs of so many days, newest first, what they come to, and since when they are counted."""
    days = min(days, ASKED_DAYS_MOST)
    since, most = context.now() - timedelta(days=days), days * A_DAY_MOST
    found = context.store.proofs(office_id, since, limit=most)
    return found, rules.summary(found), found[-1].made_at if len(found) == most else since
