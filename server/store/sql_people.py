"""The SQL store's people and devices: duty, how devices and gateways are, signing in, and who is on line at which server."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from server.core.directory import Custody, Duty
from server.store import words
from server.store.codec import from_us, instant, to_us
from server.store.contract import Armed, DeviceState, GatewayState, Pins, Session
from server.store.sql_base import SqlBase
from server.store.tables import IN_USE
from server.store.statements import ARMED, CUSTODY, DEVICE, DUTY, GATEWAY, INVITATION, ONLINE, PINS, SESSION, SESSION_OF, chunks


DUTIES = {duty.value: duty for duty in Duty}
TAKE = "take"
"""The purpose of an alarm that is armed for whoever takes it from the shelf by pressing it."""


class SqlPeople(SqlBase):
    """A part of `SqlStore`."""

    # ---------------------------------------------------------------- people and devices

    def duty(self) -> dict[tuple[str, str], Duty]:
        with self._read() as connection:
            rows = connection.execute(select(DUTY.c.person_id, DUTY.c.office_id, DUTY.c.duty)).all()
        return {(person_id, office_id): DUTIES[duty] for person_id, office_id, duty in rows}  # read all the time, for a whole country

    def duty_mark(self) -> tuple[int, ...]:
        with self._read() as connection:
            [row] = words.DUTY_MARK.ask(connection)
        return tuple(int(one or 0) for one in row)

    def set_duty(self, person_id: str, office_id: str, duty: Duty, at: datetime) -> None:
        self._put(DUTY, {"person_id": person_id, "office_id": office_id, "duty": duty.value, "since_us": to_us(at)})

    def custody(self) -> dict[str, Custody]:
        with self._read() as connection:
            rows = connection.execute(select(CUSTODY).where(IN_USE)).all()
        return {r.device_id: Custody(r.device_id, r.person_id, instant(r.since_us)) for r in rows}

    def custodian(self, device_id: str, at: datetime) -> str | None:
        held = and_(CUSTODY.c.device_id == device_id, CUSTODY.c.since_us <= to_us(at), or_(CUSTODY.c.until_us.is_(None), CUSTODY.c.until_us > to_us(at)))
        with self._read() as connection:
            return connection.execute(select(CUSTODY.c.person_id).where(held).order_by(CUSTODY.c.since_us.desc())).scalars().first()

    def hand_back(self, device_id: str, at: datetime) -> bool:
        with self._write() as connection:
            back = update(CUSTODY).where(CUSTODY.c.device_id == device_id, IN_USE).values(until_us=to_us(at))
            return connection.execute(back).rowcount > 0

    def arm(self, armed: Armed) -> None:
        self._put(ARMED, {"device_id": armed.device_id, "purpose": armed.purpose, "by": armed.by, "until_us": to_us(armed.until)})

    def armed(self, device_ids: Iterable[str], now: datetime) -> dict[str, Armed]:
        with self._read() as connection:
            return dict(armed_of(row) for chunk in chunks(device_ids) for row in words.ARMED_BY_ID.ask(connection, chunk, to_us(now)))

    def set_devices(self, states: Sequence[DeviceState]) -> None:
        rows = [
            (one.device_id, one.state, to_us(one.heard_at), one.battery, ",".join(one.flags), one.gateway_id)
            for one in sorted(states, key=lambda one: one.device_id)
        ]  # fmt: skip
        if rows:
            with self._write(durable=False) as connection:  # heartbeats come again
                words.PUT_DEVICE.run_each(connection, rows)

    def devices(self, device_ids: Iterable[str]) -> dict[str, DeviceState]:
        found: dict[str, DeviceState] = {}
        with self._read() as connection:
            for chunk in chunks(device_ids):
                for one, state, heard_us, battery, flags, gateway_id, tested_us in words.DEVICES_BY_ID.ask(connection, chunk):
                    said = tuple(flag for flag in flags.split(",") if flag)
                    found[one] = DeviceState(one, state, from_us(heard_us), battery, said, from_us(tested_us), gateway_id)
        return found

    def set_tested(self, device_ids: Iterable[str], at: datetime) -> None:
        rows = [{"device_id": device_id, "state": "ok", "flags": "", "tested_us": to_us(at)} for device_id in sorted(device_ids)]
        self._put(DEVICE, *rows, only=("tested_us",))

    def set_gateway(self, state: GatewayState) -> None:
        offices = ",".join(state.offices)
        self._put(
            GATEWAY,
            {
                "gateway_id": state.gateway_id, "heard_us": to_us(state.heard_at), "broker": state.broker, "spooled": state.spooled,
                "offices": offices, "spool": state.spool,
            },  # fmt: skip
        )

    def gateways(self) -> list[GatewayState]:
        with self._read() as connection:
            rows = connection.execute(select(GATEWAY)).all()
        return [
            GatewayState(r.gateway_id, instant(r.heard_us), r.broker, r.spooled, tuple(o for o in r.offices.split(",") if o), r.spool) for r in rows
        ]

    def forget_gateways(self, but: Collection[str]) -> None:
        with self._write() as connection:
            connection.execute(delete(GATEWAY).where(GATEWAY.c.gateway_id.not_in(but)))

    # ---------------------------------------------------------------- signing in

    def set_pins(self, pins: Pins) -> None:
        self._put(PINS, {"person_id": pins.person_id, "pin_hash": pins.pin_hash, "duress_hash": pins.duress_hash, "wrong": pins.wrong})

    def pins(self, person_id: str) -> Pins | None:
        with self._read() as connection:
            row = connection.execute(select(PINS).where(PINS.c.person_id == person_id)).first()
        return Pins(row.person_id, row.pin_hash, row.duress_hash, row.wrong) if row else None

    def keep_session(self, session: Session) -> None:
        self._put(
            SESSION,
            {"token_hash": session.token_hash, "person_id": session.person_id, "expires_us": to_us(session.expires_at), "key_id": session.key_id,
             "signed_in_us": to_us(session.signed_in_at)},
        )  # fmt: skip

    def session(self, token_hash: str, now: datetime) -> Session | None:
        with self._read() as connection:
            row = connection.execute(SESSION_OF, {"token": token_hash, "now_us": to_us(now)}).first()
        return Session(row.token_hash, row.person_id, instant(row.expires_us), row.key_id, from_us(row.signed_in_us)) if row else None

    def end_session(self, token_hash: str) -> None:
        with self._write() as connection:
            connection.execute(delete(SESSION).where(SESSION.c.token_hash == token_hash))

    def add_invitation(self, code_hash: str, person_id: str, expires_at: datetime) -> None:
        self._put(INVITATION, {"code_hash": code_hash, "person_id": person_id, "expires_us": to_us(expires_at)})

    def use_invitation(self, code_hash: str, now: datetime, attempt: str, again_s: float) -> str | None:
        ours = and_(INVITATION.c.code_hash == code_hash, INVITATION.c.expires_us > to_us(now))
        with self._write() as connection:
            unused = update(INVITATION).where(ours, INVITATION.c.used_by.is_(None)).values(used_by=attempt, expires_us=to_us(now + timedelta(seconds=again_s)))
            used = connection.execute(unused.returning(INVITATION.c.person_id)).scalar()
            return used or connection.execute(select(INVITATION.c.person_id).where(ours, INVITATION.c.used_by == attempt)).scalar()

    # ---------------------------------------------------------------- several servers

    def clock(self) -> datetime | None:
        if self._sqlite:
            return None
        with self._read() as connection:
            return connection.execute(select(func.clock_timestamp())).scalar()

    def set_online(self, server_id: str, people: Iterable[str], at: datetime) -> None:
        self._put(ONLINE, {"server_id": server_id, "at_us": to_us(at), "people": "\n".join(sorted(people))})

    def online(self, since: datetime) -> dict[str, frozenset[str]]:
        with self._read() as connection:
            rows = connection.execute(select(ONLINE).where(ONLINE.c.at_us >= to_us(since))).all()
        return {r.server_id: frozenset(r.people.split("\n")) - {""} for r in rows}


def armed_of(row: Sequence[Any]) -> tuple[str, Armed]:
    device_id, purpose, by, until_us = row
    return device_id, Armed(device_id, purpose, by, instant(until_us))


def save_taken(connection: Connection, taken: Sequence[Custody]) -> None:
    """Raises Conflict (by the index) where somebody has one of them."""
    for one in taken:
        connection.execute(insert(CUSTODY).values(device_id=one.device_id, since_us=to_us(one.since), person_id=one.person_id, until_us=None))
        connection.execute(delete(ARMED).where(ARMED.c.purpose == TAKE, ARMED.c.by == one.person_id))
