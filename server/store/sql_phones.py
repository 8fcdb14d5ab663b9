"""The SQL store's phones: subscriptions to web push, and what has been proven of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, insert, or_, select, update

from server.core.phones import ACCEPTED, GONE, PHONES_MOST, TEST_AGAIN_S, Phone, Pushed, after_show, signed_up
from server.store.codec import from_us, to_us
from server.store.sql_base import SqlBase
from server.store.statements import PHONE, chunks

NAMES = Phone.__struct_fields__
PHONES_OF = select(PHONE).where(PHONE.c.person_id.in_(bindparam("ids", expanding=True))).order_by(PHONE.c.renewed_us.desc(), PHONE.c.id)
BY_ID = select(PHONE).where(PHONE.c.id == bindparam("of_id"))
SAME = and_(PHONE.c.id == bindparam("of_id"), PHONE.c.endpoint == bindparam("of_endpoint"))
ACCEPT = (
    update(PHONE)
    .where(SAME)
    .values(trouble="", sent_us=case((PHONE.c.sent_us > bindparam("at_us"), PHONE.c.sent_us), else_=bindparam("at_us")))
)
TAKE_AWAY = update(PHONE).where(SAME).values(endpoint="", p256dh="", auth="", trouble="", gone_us=bindparam("at_us"))
SAY_TROUBLE = update(PHONE).where(SAME).values(trouble=bindparam("word"))


class SqlPhones(SqlBase):
    """A part of `SqlStore`."""

    def keep_phone(self, phone: Phone) -> Phone:
        with self._write() as connection:
            row = connection.execute(BY_ID, {"of_id": phone.id}).first()
            kept = signed_up(_phone(row) if row else None, phone)
            others = and_(PHONE.c.endpoint == kept.endpoint, PHONE.c.endpoint != "")
            connection.execute(delete(PHONE).where(or_(PHONE.c.id == kept.id, others)))
            connection.execute(insert(PHONE).values(**_values(kept)))
            own = [r.id for r in connection.execute(PHONES_OF, {"ids": [kept.person_id]})]
            connection.execute(delete(PHONE).where(PHONE.c.id.in_([one for one in own if one != kept.id][PHONES_MOST - 1 :])))
        return kept

    def drop_phone(self, phone_id: str) -> None:
        with self._write() as connection:
            connection.execute(delete(PHONE).where(PHONE.c.id == phone_id))

    def phone(self, phone_id: str) -> Phone | None:
        with self._read() as connection:
            row = connection.execute(BY_ID, {"of_id": phone_id}).first()
        return _phone(row) if row else None

    def phones_of(self, person_ids: Iterable[str]) -> dict[str, list[Phone]]:
        found: dict[str, list[Phone]] = {}
        with self._read() as connection:
            for chunk in chunks(person_ids):
                for row in connection.execute(PHONES_OF, {"ids": chunk}):
                    found.setdefault(row.person_id, []).append(_phone(row))
        return found

    def phones(self) -> list[Phone]:
        with self._read() as connection:
            return [_phone(row) for row in connection.execute(select(PHONE).order_by(PHONE.c.id))]

    def pushed(self, answers: Sequence[Pushed]) -> None:
        if not answers:
            return
        rows: dict[object, list[dict[str, object]]] = {ACCEPT: [], TAKE_AWAY: [], SAY_TROUBLE: []}
        for one in sorted(answers, key=lambda one: one.phone_id):  # in one order, so that two servers cannot lock crosswise
            statement = {ACCEPTED: ACCEPT, GONE: TAKE_AWAY}.get(one.word, SAY_TROUBLE)
            rows[statement].append({"of_id": one.phone_id, "of_endpoint": one.endpoint, "at_us": to_us(one.at), "word": one.word})
        # losing the last of it costs one push that goes nowhere
        with self._write(durable=False) as connection:
            for statement, some in rows.items():
                if some:
                    names = {"at_us"} if statement is not SAY_TROUBLE else {"word"}
                    connection.execute(statement, [{k: v for k, v in row.items() if k.startswith("of_") or k in names} for row in some])  # type: ignore[call-overload]

    def shown(self, phone_id: str, sent_at: datetime) -> bool:
        with self._write(durable=False) as connection:
            row = connection.execute(BY_ID.with_for_update(), {"of_id": phone_id}).first()
            before = _phone(row) if row else None
            if before is None or (after := after_show(before, sent_at)) is before:
                return False
            connection.execute(update(PHONE).where(PHONE.c.id == phone_id).values(receipt_us=to_us(after.receipt_at), trouble=""))
        return True

    def claim_test(self, phone_id: str, now: datetime, again_s: float = TEST_AGAIN_S) -> bool:
        free = or_(PHONE.c.tested_us.is_(None), PHONE.c.tested_us <= to_us(now - timedelta(seconds=again_s)))
        with self._write() as connection:
            return connection.execute(update(PHONE).where(PHONE.c.id == phone_id, free).values(tested_us=to_us(now))).rowcount == 1


def _values(phone: Phone) -> dict[str, object]:
    """An instant `x_at` is the column `x_us`."""
    return {name[:-3] + "_us" if name.endswith("_at") else name: _column(getattr(phone, name)) for name in NAMES}


def _column(value: object) -> object:
    return to_us(value) if isinstance(value, datetime) else value


def _phone(row: Any) -> Phone:
    return Phone(*(from_us(getattr(row, name[:-3] + "_us")) if name.endswith("_at") else getattr(row, name) for name in NAMES))
