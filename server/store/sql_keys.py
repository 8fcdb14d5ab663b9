"""The SQL store's keys of phones, and what has been signed with them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from server.core.device_keys import KEYS_MOST, DeviceKey
from server.store.codec import instant, to_us
from server.store.sql_base import SqlBase
from server.store.statements import DEVICE_KEY, NONCE, SESSION, chunks


class SqlKeys(SqlBase):
    """A part of `SqlStore`."""

    def keep_key(self, key: DeviceKey) -> None:
        own = select(DEVICE_KEY.c.id).where(DEVICE_KEY.c.person_id == key.person_id, DEVICE_KEY.c.id != key.id)
        row = {
            "id": key.id, "person_id": key.person_id, "public_key": key.public_key, "phone_id": key.phone_id, "label": key.label,
            "added_us": to_us(key.added_at), "seen_us": to_us(key.seen_at),
        }  # fmt: skip
        put = self._inserting(DEVICE_KEY)
        with self._write() as connection:
            connection.execute(put.on_conflict_do_update(index_elements=["id"], set_={name: put.excluded[name] for name in row if name != "id"}), row)
            for other in connection.execute(own.order_by(DEVICE_KEY.c.seen_us.desc(), DEVICE_KEY.c.id.desc()).offset(KEYS_MOST - 1)).scalars().all():
                _drop(connection, other)

    def key_of(self, key_id: str) -> DeviceKey | None:
        with self._read() as connection:
            row = connection.execute(select(DEVICE_KEY).where(DEVICE_KEY.c.id == key_id)).first()
        return _key(row) if row else None

    def keys_of(self, person_ids: Iterable[str]) -> dict[str, list[DeviceKey]]:
        found: dict[str, list[DeviceKey]] = {}
        newest_first = select(DEVICE_KEY).order_by(DEVICE_KEY.c.seen_us.desc(), DEVICE_KEY.c.id.desc())
        with self._read() as connection:
            for chunk in chunks(person_ids):
                for row in connection.execute(newest_first.where(DEVICE_KEY.c.person_id.in_(chunk))):
                    found.setdefault(row.person_id, []).append(_key(row))
        return found

    def drop_key(self, key_id: str) -> None:
        with self._write() as connection:
            _drop(connection, key_id)

    def key_seen(self, key_id: str, at: datetime) -> None:
        with self._write(durable=False) as connection:
            connection.execute(update(DEVICE_KEY).where(DEVICE_KEY.c.id == key_id).values(seen_us=to_us(at)))

    def claim_nonce(self, key_id: str, nonce: str, at: datetime) -> bool:
        put = self._inserting(NONCE).values(key_id=key_id, nonce=nonce, at_us=to_us(at)).on_conflict_do_nothing().returning(NONCE.c.nonce)
        # lost with the power, it could be sent again for some minutes, and would find its own id answered
        with self._write(durable=False) as connection:
            return connection.execute(put).first() is not None


def _drop(connection: Connection, key_id: str) -> None:
    connection.execute(delete(DEVICE_KEY).where(DEVICE_KEY.c.id == key_id))
    if key_id:
        connection.execute(delete(SESSION).where(SESSION.c.key_id == key_id))


def _key(row: Any) -> DeviceKey:
    return DeviceKey(
        row.id, row.person_id, row.public_key, row.phone_id, row.label, instant(row.added_us), instant(row.seen_us)
    )
