"""The SQL store's applied configurations: the files of an installation as they were given, with who applied them and when."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from server.core.directory import Duty
from server.store.codec import instant, to_us
from server.store.contract import CONFIGURATIONS_KEPT, Configuration, Conflict
from server.store.sql_base import SqlBase
from server.store.statements import CONFIGURATION, CONFIGURATION_FILE, DUTY

NEWEST = select(func.max(CONFIGURATION.c.version))


class SqlConfigurations(SqlBase):
    """A part of `SqlStore`."""

    def configured(self) -> int:
        with self._read() as connection:
            return connection.execute(NEWEST).scalar() or 0

    def configuration(self, version: int | None = None) -> Configuration | None:
        wanted = NEWEST.scalar_subquery() if version is None else version
        with self._read() as connection:
            row = connection.execute(select(CONFIGURATION).where(CONFIGURATION.c.version == wanted)).first()
            if row is None:
                return None
            # by its number, so that one that is applied in between is not taken half
            files = connection.execute(select(CONFIGURATION_FILE).where(CONFIGURATION_FILE.c.version == row.version)).all()
        found = {file.name: bytes(file.body) for file in files}
        return Configuration(row.version, instant(row.at_us), row.by, row.digest, found) if found else None

    def configurations(self) -> list[Configuration]:
        with self._read() as connection:
            rows = connection.execute(select(CONFIGURATION).order_by(CONFIGURATION.c.version.desc())).all()
        return [Configuration(row.version, instant(row.at_us), row.by, row.digest) for row in rows]

    def configure(self, new: Configuration, duty: Mapping[tuple[str, str], Duty]) -> None:
        files = [{"version": new.version, "name": name, "body": new.files[name]} for name in sorted(new.files)]
        on_duty = [
            {"person_id": person_id, "office_id": office_id, "duty": value.value, "since_us": to_us(new.at)}
            for (person_id, office_id), value in sorted(duty.items())
        ]
        with self._write() as connection:
            if (connection.execute(NEWEST).scalar() or 0) != new.version - 1:
                raise Conflict(f"version {new.version} is not the next one")
            connection.execute(insert(CONFIGURATION).values(version=new.version, at_us=to_us(new.at), by=new.by, digest=new.digest))
            connection.execute(insert(CONFIGURATION_FILE), files)
            connection.execute(delete(CONFIGURATION_FILE).where(CONFIGURATION_FILE.c.version <= new.version - CONFIGURATIONS_KEPT))
            if on_duty:
                put = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(DUTY)
                connection.execute(put.on_conflict_do_nothing(), on_duty)
