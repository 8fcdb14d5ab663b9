"""PostgreSQL's copies: over the same line as the server's, put back also from an older version, and nothing changed where that breaks off."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from alembic import command
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.engine import make_url

from server import wiring
from server.settings import Settings, read_settings
from server.site.backup import BackupError, connection, restore
from server.site.certificates import make
from server.store.engine import engine_for
from server.store.migrate import check, config_on
from server.store.sql import SqlStore
from tests.flow.house import House
from tests.services import Postgres
from tests.site.test_backup import copy

OLDER = "0010"


@pytest.fixture
def settings(empty_postgres_url: str, tmp_path: Path) -> Settings:
    (tmp_path / "offices").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data/secrets.json").write_text('{"gateways": {}}')
    return read_settings(
        {"VARDE_DATA_DIR": str(tmp_path / "data"), "VARDE_CONFIG_DIR": str(tmp_path / "offices"), "VARDE_DATABASE_URL": empty_postgres_url}
    )


def upgrade(url: str, version: str) -> None:
    engine = engine_for(url, limited=False).execution_options(writes=True)
    with engine.begin() as connection:
        command.upgrade(config_on(connection), version)
    engine.dispose()


def asks(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[call-overload]
        return list(cursor.fetchall()) if cursor.description else []


def test_a_copy_from_before_an_upgrade_can_be_put_back_and_the_server_starts_on_it(settings: Settings, tmp_path: Path) -> None:
    upgrade(settings.database_url, OLDER)
    made = copy(settings, tmp_path / "copies")
    upgrade(settings.database_url, "head")
    asks(settings.database_url, "CREATE VIEW beside AS SELECT id FROM alarm")  # somebody's own, for a report
    restore(settings.database_url, settings.secrets_file, made)
    assert asks(settings.database_url, "SELECT version_num FROM alembic_version") == [(OLDER,)]
    wiring.migrate(settings, after_restoring=True)
    assert check(settings.database_url) == []
    store = SqlStore(settings.database_url)
    assert House(store).press().id in store.alarm_ids()
    store.close()


def test_a_copy_that_breaks_off_in_the_middle_changes_nothing_in_postgresql(settings: Settings, tmp_path: Path) -> None:
    upgrade(settings.database_url, "head")
    store = SqlStore(settings.database_url)
    first = House(store).press()
    made = copy(settings, tmp_path / "copies")
    after = House(store).press("after-the-copy")
    whole = (made / "varde.dump").read_bytes()
    for part in (whole[: len(whole) - 200], whole[: len(whole) // 2], b"ruined"):
        (made / "varde.dump").write_bytes(part)
        with pytest.raises(BackupError):
            restore(settings.database_url, settings.secrets_file, made)
        assert {first.id, after.id} <= set(store.alarm_ids())
    store.close()


def test_what_others_have_been_granted_in_the_database_is_left_to_them(settings: Settings, tmp_path: Path) -> None:
    """Only tables go, not the schema: it may be another's, and its rights are the site's own. So is what an extension has put there."""
    upgrade(settings.database_url, "head")
    asks(settings.database_url, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    before = asks(settings.database_url, "SELECT nspowner, nspacl::text FROM pg_namespace WHERE nspname = 'public'")
    made = copy(settings, tmp_path / "copies")
    restore(settings.database_url, settings.secrets_file, made)
    assert asks(settings.database_url, "SELECT nspowner, nspacl::text FROM pg_namespace WHERE nspname = 'public'") == before


@pytest.fixture
def authority(postgres: Postgres, tmp_path: Path) -> Iterator[Path]:
    """PostgreSQL with a certificate of an authority that nobody knows: gives the authority's file."""
    make(tmp_path / "tls", ["127.0.0.1"])
    for name in ("web.pem", "web.key"):
        shutil.copyfile(tmp_path / "tls" / name, postgres.folder / name)
        (postgres.folder / name).chmod(0o600)
        shutil.chown(postgres.folder / name, postgres.folder.stat().st_uid, postgres.folder.stat().st_gid)
    for setting in (f"ssl_cert_file = '{postgres.folder}/web.pem'", f"ssl_key_file = '{postgres.folder}/web.key'", "ssl = on"):
        postgres.execute(f"ALTER SYSTEM SET {setting}")
    postgres.execute("SELECT pg_reload_conf()")
    yield tmp_path / "tls/ca.pem"
    postgres.execute("ALTER SYSTEM RESET ALL")
    postgres.execute("SELECT pg_reload_conf()")


def test_a_copy_goes_over_the_same_verified_line_as_the_server(
    settings: Settings, authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/nonexistent")  # as the installation's user has it
    url = f"{settings.database_url}?sslmode=verify-full&sslrootcert={authority}"
    verified = replace(settings, database_url=url)
    upgrade(url, "head")
    made = copy(verified, tmp_path / "copies")
    restore(url, settings.secrets_file, made)
    make(tmp_path / "other", ["127.0.0.1"])
    for wrong in (f"{settings.database_url}?sslmode=verify-full", url.replace(str(authority), str(tmp_path / "other/ca.pem"))):
        with pytest.raises(BackupError, match="certificate"):
            copy(replace(settings, database_url=wrong), tmp_path / "copies")


def test_a_copy_is_asked_for_with_everything_that_the_address_says_and_no_secret_where_others_can_read_it() -> None:
    url = make_url("postgresql://varde:p%40ss%27w@/varde?host=a.example:6000&host=b.example:6001&target_session_attrs=read-write&sslcert=/etc/varde/x.pem")
    line, environment = connection(url)
    found = conninfo_to_dict(line)
    assert found == {
        "host": "a.example,b.example", "port": "6000,6001", "user": "varde", "dbname": "varde", "target_session_attrs": "read-write",
        "sslcert": "/etc/varde/x.pem",
    }  # fmt: skip
    assert environment == {"PGPASSWORD": "p@ss'w"}
