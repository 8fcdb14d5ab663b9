"""Brings a database to this version's tables, and compares it with them."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, delete
from sqlmodel import SQLModel

from server.store import tables
from server.store.engine import engine_for

MIGRATIONS = Path(__file__).parent / "migrations"
ONE_AT_A_TIME = 0x7661726465
"""Servers that start together bring the database up to date one after the other."""


def migrate(url: str) -> None:
    """Upgrades to the newest version; harmless where it already is. All steps in one transaction: a broken one leaves all as before."""
    engine = engine_for(url, limited=False).execution_options(writes=True)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})")
            command.upgrade(config_on(connection), "head")
    finally:
        engine.dispose()


def restored(url: str) -> None:
    """To be run once on a database that was restored from a copy: gives it a new epoch, so that screens take a snapshot. Their numbers
    belong to what came after the copy; without this they would skip, for ever, what is given the same numbers now."""
    engine = engine_for(url, limited=False).execution_options(writes=True)
    try:
        with engine.begin() as connection:
            connection.execute(delete(tables.MetaRow.__table__).where(tables.MetaRow.key == "epoch"))
    finally:
        engine.dispose()


def check(url: str) -> list[str]:
    """Differences between the database and the tables as they are declared; empty when there are none."""
    engine = engine_for(url, limited=False)
    try:
        with engine.connect() as connection:
            return [str(difference) for difference in compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)]
    finally:
        engine.dispose()


def config_on(connection: Connection) -> Config:
    """Alembic's settings without a file of their own, on a connection that is already open."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
