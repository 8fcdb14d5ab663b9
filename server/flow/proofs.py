"""The daily proof's doors: asking for a run, its steps as they come back, its end, and how the chain stands. No alarm is opened anywhere here."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from server.core import proof as rules
from server.core.proof import Proof, Standing, Summary
from server.core.signals import Signal
from server.flow.auditor import is_silent
from server.flow.context import Context

ZONE = ZoneInfo("Europe/Oslo")
LOOK_BACK = timedelta(days=2)
"""How far the newest run is looked for: before that there was none worth knowing of."""
LAST_MOST = 50
"""Runs that are looked through for when the chain was last whole: while it is broken there is one a minute."""
ASKED_DAYS_MOST = 400

journal = logging.getLogger("varde.proofs")


# ---------------------------------------------------------------- asking


def ask(context: Context, office_id: str, by: str) -> Proof:
    """A run in this office, now. Where one runs already it is that one."""
    running = next((one for one in context.store.running_proofs() if one.office_id == office_id), None)
    return running or _begin(context, Proof(context.new_id("p"), office_id, context.now(), by))


def look(context: Context) -> None:
    """Ends runs whose time is up, begins the day's, and tries again what was broken. Called every few seconds; several servers may."""
    now, directory = context.now(), context.directory()
    for proof in context.store.running_proofs():
        state = gateway_state(context, proof.office_id, now)
        changed = context.store.change_proof(proof.id, lambda one, state=state: rules.judged(one, state, now))  # type: ignore[misc]
        if changed and changed[0].ended_at is None and (ended := changed[1]).ended_at is not None:
            _ended(context, ended)
    began_at = day_began_at(now)
    with_devices = dict.fromkeys(device.office_id for device in directory.devices.values())  # without a button there is no chain
    newest = context.store.newest_proofs(with_devices, began_at - LOOK_BACK)
    for office_id in with_devices:
        last = newest.get(office_id)
        if rules.wanted(last, began_at, now):
            # the id is the same on every server that thinks of it: one of them begins it
            again = f"-{int(now.timestamp()) // rules.AGAIN_S}" if last is not None and last.made_at >= began_at else ""
            _begin(context, rules.after(last, Proof(f"p-{office_id}-{began_at:%Y%m%d}{again}", office_id, now)))


def came_to_life(context: Context, offices: Iterable[str]) -> None:
    """Their gateway or its broker is back: what was broken is tried at once, so that the desk's words go with the fault."""
    for office_id, last in context.store.newest_proofs(offices, context.now() - LOOK_BACK).items():
        if last.broken and last.ended_at is not None:
            _begin(context, rules.after(last, Proof(context.new_id("p"), office_id, context.now())))


def _begin(context: Context, proof: Proof) -> Proof:
    if context.store.add_proof(proof):
        context.bell.ring("proofs")
    return proof


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
    now, given = context.now(), []
    for proof in context.store.running_proofs():
        if proof.office_id in offices and rules.to_fetch(proof, now):
            context.store.change_proof(proof.id, lambda one: rules.fetched(one, gateway_id, now))
            given.append({"id": proof.id, "office_id": proof.office_id})
    return given


def came_back(context: Context, signals: Iterable[Signal]) -> None:
    """Messages of runs that the gateway has heard from its broker. What is no run of ours, or of another office, is nothing."""
    now = context.now()
    for signal in signals:
        wanted = lambda one, signal=signal: rules.came_back(one, signal.heard_at, now) if one.office_id == signal.office_id else one  # noqa: E731
        changed = context.store.change_proof(signal.id, wanted)
        if changed and changed[0].stored_at is None and changed[1].stored_at is not None:
            context.bell.ring(f"proof:{signal.office_id}/{signal.id}")


def drawn(context: Context, proof_id: str, screens: int, drawn_ms: Sequence[int]) -> None:
    """What the screens at one server have said."""
    if screens:
        context.store.change_proof(proof_id, lambda one: rules.drawn(one, screens, drawn_ms))


# ---------------------------------------------------------------- how it stands


def gateway_state(context: Context, office_id: str, now: datetime) -> str:
    """ok, silent, broker_down or none: how the gateways of this office are known to be."""
    ours = [one for one in context.store.gateways() if office_id in one.offices]
    if not ours:
        return "none"
    if any(is_silent(one.heard_at, now) for one in ours):
        return "silent"
    return "ok" if all(one.broker == "ok" for one in ours) else "broker_down"


def silent_gateways(context: Context, offices: Iterable[str], now: datetime) -> tuple[tuple[str, datetime], ...]:
    """(office, when its gateway was last heard) where the desk shows it as gone."""
    silent = [one for one in context.store.gateways() if is_silent(one.heard_at, now)]
    return tuple((office_id, one.heard_at) for office_id in offices for one in silent if office_id in one.offices)


def standing(context: Context, office_id: str) -> Standing:
    """Only where an office has devices there is a chain to be broken."""
    now = context.now()
    last = context.store.proofs(office_id, now - rules.FINE_FOR, LAST_MOST)
    has_devices = any(device.office_id == office_id for device in context.directory().devices.values())
    return rules.standing(last, gateway_state(context, office_id, now) if has_devices else "ok", now)


def over_time(context: Context, office_id: str, days: int) -> tuple[list[Proof], Summary]:
    """The runs of so many days, newest first, and what they come to."""
    since = context.now() - timedelta(days=min(days, ASKED_DAYS_MOST))
    found = context.store.proofs(office_id, since, limit=5000)
    return found, rules.summary(found)
