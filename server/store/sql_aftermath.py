"""The SQL store's part for what people say after an alarm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from server.core.aftermath import Aftermath, Word
from server.core.orders import Order
from server.store.codec import instant, to_us
from server.store.driver import insert_rows
from server.store.rows import ORDER_COLUMNS, order_row
from server.store.sql_base import SqlBase
from server.store.statements import AFTERMATH


class SqlAftermath(SqlBase):
    """A part of `SqlStore`."""

    def keep_aftermath(self, said: Aftermath, orders: Sequence[Order] = ()) -> None:
        row = {"alarm_id": said.alarm_id, "person_id": said.person_id, "word": said.word.value, "at_us": to_us(said.at), "seen_by": said.seen_by}
        with self._write() as connection:
            connection.execute(self._putting(AFTERMATH, row), [row])
            insert_rows(connection, "order", ORDER_COLUMNS, [order_row(order) for order in orders])

    def aftermath(self, alarm_ids: Iterable[str]) -> list[Aftermath]:
        return self._aftermath(AFTERMATH.c.alarm_id.in_(list(alarm_ids)))

    def wishes_to_talk(self) -> list[Aftermath]:
        return self._aftermath((AFTERMATH.c.word == Word.TALK.value) & AFTERMATH.c.seen_by.is_(None))

    def forget_aftermath(self, before: datetime) -> int:
        with self._write() as connection:
            return connection.execute(delete(AFTERMATH).where(AFTERMATH.c.at_us < to_us(before))).rowcount

    def _aftermath(self, where: Any) -> list[Aftermath]:
        with self._read() as connection:
            rows = connection.execute(select(AFTERMATH).where(where).order_by(AFTERMATH.c.at_us, AFTERMATH.c.person_id)).all()
        return [Aftermath(r.alarm_id, r.person_id, Word(r.word), instant(r.at_us), r.seen_by) for r in rows]
