"""The SQL store's proofs: runs of the daily proof, and what is proven of phone numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import and_, bindparam, case, delete, func, or_, select, update

from server.core.numbers_proven import AGAIN_S, Number
from server.core.proof import Proof
from server.store.codec import dump, from_us, to_us
from server.store.sql_base import SqlBase
from server.store.statements import NUMBER, PROOF, chunks

INSTANTS = tuple(name for name in Proof.__struct_fields__ if name.endswith("_at"))
NUMBERS_OF = select(NUMBER).where(NUMBER.c.person_id.in_(bindparam("ids", expanding=True)))

LAST = (
    select(PROOF.c.office_id, func.max(PROOF.c.made_us).label("last_us"))
    .where(PROOF.c.office_id.in_(bindparam("ids", expanding=True)), PROOF.c.made_us >= bindparam("since_us"))
    .group_by(PROOF.c.office_id)
    .subquery()
)
NEWEST = select(PROOF.c.body).join(LAST, and_(PROOF.c.office_id == LAST.c.office_id, PROOF.c.made_us == LAST.c.last_us))

HELD = select(PROOF.c.body).where(PROOF.c.id.in_(bindparam("ids", expanding=True))).order_by(PROOF.c.id).with_for_update()
"""In one order everywhere: two servers that hold some of each other's would wait for ever."""
CHANGED = update(PROOF).where(PROOF.c.id == bindparam("which")).values({name: bindparam(name) for name in ("made_us", "ended_us", "body")})


class SqlProofs(SqlBase):
    """A part of `SqlStore`."""

    def numbers_of(self, person_ids: Iterable[str]) -> dict[tuple[str, str], Number]:
        found = {}
        with self._read() as connection:
            for chunk in chunks(person_ids):
                for row in connection.execute(NUMBERS_OF, {"ids": chunk}):
                    found[row.person_id, row.channel] = Number(row.person_id, row.channel, row.mark, from_us(row.tested_us), from_us(row.proven_us))
        return found

    def prove_number(self, person_id: str, channel: str, mark: str, at: datetime) -> None:
        put = self._inserting(NUMBER).values(person_id=person_id, channel=channel, mark=mark, tested_us=None, proven_us=to_us(at))
        same = NUMBER.c.mark == put.excluded.mark
        newer = case((and_(same, NUMBER.c.proven_us > put.excluded.proven_us), NUMBER.c.proven_us), else_=put.excluded.proven_us)
        put = put.on_conflict_do_update(
            index_elements=["person_id", "channel"],
            set_={"mark": put.excluded.mark, "proven_us": newer, "tested_us": case((same, NUMBER.c.tested_us), else_=None)},
        )
        with self._write(durable=False) as connection:  # losing the last of it costs a test message too many
            connection.execute(put)

    def claim_number_test(self, person_id: str, channel: str, mark: str, now: datetime, again_s: float = AGAIN_S) -> bool:
        put = self._inserting(NUMBER).values(person_id=person_id, channel=channel, mark=mark, tested_us=to_us(now), proven_us=None)
        same = NUMBER.c.mark == put.excluded.mark
        free = or_(NUMBER.c.mark != put.excluded.mark, NUMBER.c.tested_us.is_(None), NUMBER.c.tested_us <= to_us(now - timedelta(seconds=again_s)))
        put = put.on_conflict_do_update(
            index_elements=["person_id", "channel"], where=free,
            set_={"mark": put.excluded.mark, "tested_us": put.excluded.tested_us, "proven_us": case((same, NUMBER.c.proven_us), else_=None)},
        )  # fmt: skip
        with self._write() as connection:
            return connection.execute(put.returning(NUMBER.c.person_id)).first() is not None

    def add_proofs(self, proofs: Iterable[Proof]) -> list[Proof]:
        wanted = {one.id: one for one in proofs}
        put = self._inserting(PROOF).on_conflict_do_nothing().returning(PROOF.c.id)
        added: list[Proof] = []
        with self._write() as connection:
            for chunk in chunks(sorted(wanted)):
                rows = connection.execute(put.values([_columns(wanted[one]) for one in chunk]))
                added += [wanted[row.id] for row in rows]
        return added

    def change_proofs(self, proof_ids: Iterable[str], how: Callable[[Proof], Proof]) -> list[tuple[Proof, Proof]]:
        changed: list[tuple[Proof, Proof]] = []
        with self._write() as connection:
            for chunk in chunks(sorted(proof_ids)):
                found = [_proof(row) for row in connection.execute(HELD, {"ids": chunk})]
                pairs = [(before, how(before)) for before in found]
                if written := [{**_columns(after), "which": after.id} for before, after in pairs if after is not before]:
                    connection.execute(CHANGED, written)
                changed += pairs
        return changed

    def running_proofs(self) -> list[Proof]:
        with self._read() as connection:
            return [_proof(row) for row in connection.execute(select(PROOF.c.body).where(PROOF.c.ended_us.is_(None)).order_by(PROOF.c.made_us, PROOF.c.id))]

    def proofs(self, office_id: str, since: datetime, limit: int = 1000) -> list[Proof]:
        ours = select(PROOF.c.body).where(PROOF.c.office_id == office_id, PROOF.c.made_us >= to_us(since))
        with self._read() as connection:
            return [_proof(row) for row in connection.execute(ours.order_by(PROOF.c.made_us.desc(), PROOF.c.id.desc()).limit(limit))]

    def newest_proofs(self, office_ids: Iterable[str], since: datetime) -> dict[str, Proof]:
        found: dict[str, Proof] = {}
        with self._read() as connection:
            for chunk in chunks(office_ids):
                for row in connection.execute(NEWEST, {"ids": chunk, "since_us": to_us(since)}):
                    one = _proof(row)
                    if one.office_id not in found or one.id > found[one.office_id].id:
                        found[one.office_id] = one
        return found

    def forget_proofs(self, before: datetime) -> int:
        with self._write(durable=False) as connection:
            return connection.execute(delete(PROOF).where(PROOF.c.made_us < to_us(before))).rowcount


def _columns(proof: Proof) -> dict[str, object]:
    return {
        "id": proof.id, "office_id": proof.office_id, "made_us": to_us(proof.made_at), "ended_us": to_us(proof.ended_at), "body": dump(proof),
    }  # fmt: skip


def _proof(row: Any) -> Proof:
    known = orjson.loads(row.body)
    at = {name: datetime.fromisoformat(known[name]) if known.get(name) else None for name in INSTANTS}
    return Proof(**{**known, **at, "drawn_ms": tuple(known["drawn_ms"])})
