"""Backup and restore of what cannot be made again: the database, the secrets and the offices' files. While the server runs, and without it.

SQLite is copied by its own online backup, PostgreSQL by pg_dump. After a restore the database is a new epoch: screens that have seen what came
after the copy take a fresh snapshot.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL, make_url

SQLITE, DUMP, SECRETS, CONFIG = "varde.db", "varde.dump", "secrets.json", "config"
PART, NAME = ".part", "varde-%Y-%m-%dT%H%M%SZ"


class BackupError(RuntimeError):
    """What went wrong, and what to do about it."""


def backup(database_url: str, secrets_file: Path, config_dir: Path, folder: Path, now: datetime, keep: int) -> Path:
    """Makes a folder named by the time, whole or not at all, checks that it can be read, and forgets the oldest above `keep`.

    Raises BackupError, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = folder / f"{now:{NAME}}"
    part = made.with_name(made.name + PART)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        _copy_sqlite(Path(url.database or ""), part / SQLITE)
    else:
        _postgres("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={part / DUMP}")
        _postgres("pg_restore", None, "--list", str(part / DUMP))
    if secrets_file.exists():
        shutil.copyfile(secrets_file, part / SECRETS)
        (part / SECRETS).chmod(0o600)
    shutil.copytree(config_dir, part / CONFIG)
    _sync(part)
    part.rename(made)
    for old in sorted(_whole(folder))[:-keep]:
        shutil.rmtree(old)
    for broken in folder.glob(f"varde-*{PART}"):
        shutil.rmtree(broken, ignore_errors=True)
    return made


def age_s(folder: Path | None, began: datetime, now: datetime) -> float:
    """How old the newest whole copy is; where none can be seen, how long since this server `began`. 0 where no copies are asked for."""
    if folder is None:
        return 0.0
    try:
        names = [path.name for path in _whole(folder)]
    except OSError:
        names = []
    made = [at for name in names if (at := _made_at(name)) is not None]
    return (now - max(made, default=began)).total_seconds()


def _made_at(name: str) -> datetime | None:
    try:
        return datetime.strptime(name, NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


def restore(database_url: str, secrets_file: Path, copy: Path) -> list[str]:
    """Puts database and secrets back from such a folder; what was there is kept beside, or, in PostgreSQL, replaced in one transaction.
    Gives sentences on what was done. The offices' files stay as they are. No server may run. Raises BackupError, OSError."""
    url = make_url(database_url)
    said = []
    if url.get_backend_name() == "sqlite":
        if not (copy / SQLITE).is_file():
            raise BackupError(f"{copy} has no {SQLITE}: is it a backup of an installation with SQLite?")
        _check_sqlite(copy / SQLITE)
        said.append(_put_sqlite(copy / SQLITE, Path(url.database or "")))
    else:
        if not (copy / DUMP).is_file():
            raise BackupError(f"{copy} has no {DUMP}: is it a backup of an installation with PostgreSQL?")
        _put_postgres(copy / DUMP, url)
        said.append("The database is as in the copy.")
    if (copy / SECRETS).exists():
        if secrets_file.exists() and secrets_file.read_bytes() != (copy / SECRETS).read_bytes():
            secrets_file.replace(secrets_file.with_name(secrets_file.name + ".before-restore"))
            said.append(f"The secrets that were here are kept as {secrets_file.name}.before-restore.")
        secrets_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = secrets_file.with_name(secrets_file.name + ".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write((copy / SECRETS).read_bytes())
        draft.replace(secrets_file)
    return said


def _whole(folder: Path) -> list[Path]:
    return [path for path in folder.glob("varde-*") if path.is_dir() and not path.name.endswith(PART)]


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.is_file():
        raise BackupError(f"There is no database {source}: is VARDE_DATA_DIR right?")
    with contextlib.closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as live, contextlib.closing(sqlite3.connect(target)) as copy:
        live.backup(copy, pages=1000, sleep=0.01)  # in pieces: presses go in between
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without companions
    target.chmod(0o600)
    _check_sqlite(target)


def _check_sqlite(file: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as copy:
            said = [row[0] for row in copy.execute("PRAGMA integrity_check")]
    except sqlite3.DatabaseError as error:
        said = [str(error)]
    if said != ["ok"]:
        raise BackupError(f"{file} is damaged ({said[0]}): take another one.")


def _put_sqlite(copy: Path, database: Path) -> str:
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft, aside = database.with_name(database.name + ".new"), database.with_name(database.name + ".before-restore")
    draft.unlink(missing_ok=True)
    shutil.copyfile(copy, draft)
    draft.chmod(0o600)
    said = "The database is as in the copy."
    if database.exists():
        said += f" What was there is kept as {aside.name}."
    for companion in ("-wal", "-shm", ""):  # its companions first: beside another database they would be taken for its own
        old = database.with_name(database.name + companion)
        kept = aside.with_name(aside.name + companion)
        old.replace(kept) if old.exists() else kept.unlink(missing_ok=True)
    draft.replace(database)
    return said


def _sync(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


EMPTY = """\
SET client_min_messages = warning;
BEGIN;
DO $$
DECLARE one record;
BEGIN
  FOR one IN
    SELECT relname, relkind FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
    ORDER BY relkind = 'S'
  LOOP
    EXECUTE format('DROP %s IF EXISTS %I CASCADE', CASE one.relkind
      WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, one.relname);
  END LOOP;
END $$;
"""
"""A copy names only the tables that there were when it was made: those of a later version would stay, and be in the way of that version's next start.
The schema itself stays, with its owner and its rights, and so does what an extension has put there: they are the site's own."""


def _put_postgres(dump: Path, url: URL) -> None:
    """Emptied and filled in one transaction, whose end is said only when the whole copy has been read."""
    reads = ["pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges", "--file=-", str(dump)]
    line, environment = connection(url)
    writes = ["psql", f"--dbname={line}", "--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1"]
    with tempfile.TemporaryFile() as said:
        try:
            with (
                subprocess.Popen(writes, env={**os.environ, **environment}, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said) as into,
                subprocess.Popen(reads, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said) as script,
            ):
                assert into.stdin is not None and script.stdout is not None
                with contextlib.suppress(BrokenPipeError):  # it has ended with an error, and says which
                    into.stdin.write(EMPTY.encode())
                    shutil.copyfileobj(script.stdout, into.stdin)
                script.stdout.close()
                with contextlib.suppress(BrokenPipeError):
                    if script.wait() == 0:
                        into.stdin.write(b"COMMIT;\n")
                    into.stdin.close()
        except FileNotFoundError as error:
            raise _lacks(error.filename) from None
        said.seek(0)
        failed = next((one for one in (into, script) if one.returncode), None)
        if failed is not None:
            raise _failed(failed.args[0], said.read().decode(errors="replace"), failed.returncode)  # type: ignore[index]


def _postgres(program: str, url: URL | None, *arguments: str) -> None:
    line, environment = connection(url) if url is not None else ("", {})
    database = [f"--dbname={line}"] if line else []
    try:
        done = subprocess.run(
            [program, *database, *arguments], env={**os.environ, **environment}, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise _lacks(program) from None
    if done.returncode:
        raise _failed(program, done.stderr, done.returncode)


def _lacks(program: str) -> BackupError:
    return BackupError(f"{program} is not installed. On Debian: apt install postgresql-client")


def _failed(program: str, said: str, code: int) -> BackupError:
    return BackupError(f"{program} failed: {said.strip().splitlines()[0] if said.strip() else code}")


def connection(url: URL) -> tuple[str, dict[str, str]]:
    """How libpq's programs get the server's own connection: what they are told, and, in their environment, what nobody else may read."""
    url = url.set(drivername="postgresql+psycopg")
    _, parts = url.get_dialect()().create_connect_args(url)
    password = parts.pop("password", None)
    return make_conninfo(**parts), {"PGPASSWORD": password} if password else {}
