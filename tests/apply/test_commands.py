"""`varde apply` and `varde export` as an office lead runs them: shown first, asked, all or nothing, and given back byte for byte."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server.__main__ import main
from server.config.files import gather
from server.store.contract import Store
from server.store.sql import SqlStore
from tests.apply.conftest import BIG, CONTENT, SMALL, Folder

ROOT = Path(__file__).resolve().parents[2]
OTHER_NAME = ("name: Ola Brekke", "name: Ola Brekke Lie")


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the commands find their database."""
    url = f"sqlite:///{tmp_path}/data/varde.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    monkeypatch.setenv("VARDE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("VARDE_DATABASE_URL", url)
    monkeypatch.setenv("VARDE_CONFIG_DIR", str(tmp_path / "edited"))
    return url


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("VARDE_DATA_DIR", str(tmp_path / "data"))
    return f"sqlite:///{tmp_path}/data/varde.db"


def run(*arguments: object) -> int:
    return main([str(one) for one in arguments])


def opened(url: str) -> Store:
    return SqlStore(url)


def test_what_was_applied_is_given_back_byte_for_byte(place: str, folder: Folder, tmp_path: Path) -> None:
    (folder.path / SMALL).write_bytes(b"\xef\xbb\xbf" + (folder.path / SMALL).read_bytes().replace(b"\n", b"\r\n") + b"# \xc3\xa5 \t\r\n\r\n")
    (folder.path / "nav-lillevik.devices.csv").write_bytes(b"id;name;kind;zone\r\nx;\xc3\x85pning;lamp;kontor\r\n")
    assert run("apply", folder.path, "--yes") == 0
    assert run("export", tmp_path / "out") == 0
    for given in folder.path.iterdir():
        assert (tmp_path / "out" / given.name).read_bytes() == given.read_bytes()
    for given in CONTENT.glob("*.yaml"):
        assert (tmp_path / "out/content" / given.name).read_bytes() == given.read_bytes()
    assert gather(tmp_path / "out", tmp_path / "out/content").files == gather(folder.path, CONTENT).files


def test_applying_what_was_exported_is_nothing_to_do(url: str, folder: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("apply", folder.path, "--yes", "--by", "liv")
    run("export", tmp_path / "out")
    capsys.readouterr()
    assert run("apply", tmp_path / "out", "--language", "en") == 0
    assert "This is already version 1, applied " in capsys.readouterr().out
    assert run("apply", folder.path, "--language", "en", "--by", "somebody") == 0
    assert [(one.version, one.by) for one in opened(url).configurations()] == [(1, "liv")]


def test_nothing_is_applied_before_somebody_has_said_yes(url: str, before: Folder, folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    run("apply", before.path, "--yes")
    folder.change(BIG, OTHER_NAME)
    capsys.readouterr()
    assert run("apply", folder.path, "--language", "en") == 2
    told = capsys.readouterr().out
    assert "name: Ola Brekke → Ola Brekke Lie" in told and "Nobody is here to answer" in told
    assert opened(url).configured() == 1


@pytest.mark.parametrize(("answer", "code", "version"), [("j", 0, 2), ("yes", 0, 2), ("n", 2, 1), ("", 2, 1), ("perhaps", 2, 1)])
def test_an_answer_at_a_terminal_decides(url: str, before: Folder, folder: Folder, answer: str, code: int, version: int, tmp_path: Path) -> None:
    run("apply", before.path, "--yes")
    folder.change(BIG, OTHER_NAME)
    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "apply", str(folder.path)], cwd=ROOT, stdin=inside, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "VARDE_DATA_DIR": str(tmp_path / "data")},
    )  # fmt: skip
    os.close(inside)
    os.write(terminal, f"{answer}\n".encode())
    said = process.communicate(timeout=60)[0].decode()
    os.close(terminal)
    assert (process.returncode, opened(url).configured()) == (code, version), said
    assert "Ta dette i bruk? [j/N]" in said
    assert ("Versjon 2 er tatt i bruk" if code == 0 else "Ingenting er endret") in said


def test_mistakes_are_told_and_nothing_is_applied(url: str, before: Folder, folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    run("apply", before.path, "--yes")
    capsys.readouterr()
    assert run("apply", folder.change(BIG, ("owner: liv.solberg", "owner: liv"), ("wait_s: 30", "wait_s: 3")).path, "--yes") == 1
    told = capsys.readouterr().out
    assert f"{BIG}:" in told and "wait_s is an impossible time" in told and "1 mistake: nothing has been applied." in told
    assert opened(url).configured() == 1


def test_a_change_of_notes_alone_is_applied_so_that_it_is_given_back(url: str, before: Folder, folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    run("apply", before.path, "--yes")
    capsys.readouterr()
    folder.change(SMALL, ("# Nav Lillevik:", "# Agreed with the neighbour in May.\n# Nav Lillevik:"))
    assert run("apply", folder.path, "--yes", "--language", "en") == 0
    assert f"Only notes and layout differ, in {SMALL}." in capsys.readouterr().out
    newest = opened(url).configuration()
    assert newest is not None and b"in May" in newest.files[SMALL]


def test_an_earlier_version_can_be_taken_out_and_applied_again(url: str, before: Folder, folder: Folder, tmp_path: Path) -> None:
    run("apply", before.path, "--yes", "--by", "liv")
    run("apply", folder.change(BIG, OTHER_NAME).path, "--yes", "--by", "tor")
    assert run("export", tmp_path / "old", "--version", 1) == 0
    assert run("apply", tmp_path / "old", "--yes", "--by", "liv") == 0
    store = opened(url)
    first, third = store.configuration(1), store.configuration(3)
    assert first is not None and third is not None and first.files == third.files
    assert [(one.version, one.by) for one in store.configurations()] == [(3, "liv"), (2, "tor"), (1, "liv")]


def test_the_list_says_who_applied_what_when(url: str, before: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export") == 0
    assert capsys.readouterr().out == "Nothing has been applied yet.\n"
    run("apply", before.path, "--yes", "--by", "liv.solberg")
    capsys.readouterr()
    run("export")
    version, day, clock, by = capsys.readouterr().out.split()
    assert (version, by) == ("1", "liv.solberg") and len(day) == 10 and len(clock) == 5


def test_nothing_of_an_offices_is_written_over(url: str, before: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    run("apply", before.path, "--yes")
    kept = {path.name: path.read_bytes() for path in before.path.iterdir()}
    assert run("export", before.path) == 2
    assert "there is something already" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in before.path.iterdir()} == kept
    assert run("export", before.path.parent / "new", "--version", 7) == 2
    assert not (before.path.parent / "new").exists()


def test_an_open_alarm_that_nobody_could_hear_stops_it_also_with_yes(
    url: str, before: Folder, folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    from server import wiring
    from server.apply.configuration import present
    from server.core.signals import Kind, Signal
    from server.flow.intake import intake

    run("apply", before.path, "--yes")
    store = opened(url)
    applied = present(store)
    assert applied is not None
    context = wiring.context_for(store, applied.loaded.directory)
    intake(context, [Signal("p-1", Kind.PANIC, "nav-lillevik", context.now(), device_id="lillevik-skranke-1")])
    (folder.path / SMALL).unlink()
    folder.change(BIG, ("neighbours: [nav-lillevik]", "neighbours: []"), ("also_in: [nav-lillevik]", "also_in: []"), ("{neighbours: true}, ", ""))
    capsys.readouterr()
    assert run("apply", folder.path, "--yes", "--language", "en") == 1
    told = capsys.readouterr().out
    assert "Alarm in Mottak, Nav Lillevik, since " in told and "End the alarm first, then try again" in told
    assert told.endswith("This cannot be applied now: see above. Nothing has been changed.\n")
    assert store.configured() == 1


def test_pins_in_files_are_said_outside_the_demo(url: str, before: Folder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    run("apply", before.path, "--language", "en")
    assert "The files hold PINs of 67 people." in capsys.readouterr().out
    monkeypatch.setenv("VARDE_DEMO", "1")
    run("apply", before.path, "--language", "en")
    assert "PINs" not in capsys.readouterr().out


def test_whoever_is_invited_is_in_what_was_applied(url: str, before: Folder, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    run("apply", before.path, "--yes")
    folder.change(BIG, ("id: ola.brekke", "id: ola.lie"))
    monkeypatch.setenv("VARDE_CONFIG_DIR", str(folder.path))
    assert (run("invite", "ola.brekke"), run("invite", "ola.lie")) == (0, 2)


def test_own_role_cards_in_the_folder_go_before_those_that_ship(url: str, folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(CONTENT, folder.path / "content")
    cards = folder.path / "content/role_cards.yaml"
    cards.write_text(cards.read_text().replace("use: caller_112_ready", "use: nothing", 1))
    assert run("check-config", folder.path) == 1
    assert "role_cards.yaml" in capsys.readouterr().out
    assert run("check-config", folder.path, "--content", CONTENT) == 0


KILLED = """
import os, signal, sys
from sqlalchemy import Engine, event
import server.apply.commands, server.store.sql
from server.__main__ import main

for line in sys.stdin:  # each apply in a process of its own, without reading all the code again
    left = [int(line)]
    if (child := os.fork()) == 0:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
else:
    sys.exit()
sys.stdout = sys.stderr

def count(connection, cursor, statement, parameters, context, many):
    if "configuration" in statement or "duty" in statement or statement == "COMMIT":
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, "before_cursor_execute", count)
event.listen(Engine, "commit", lambda connection: count(connection, None, "COMMIT", None, None, None))
os._exit(main(["apply", sys.argv[1], "--yes"]))
"""


def test_killed_in_the_middle_it_is_applied_whole_or_not_at_all(place: str, before: Folder, folder: Folder) -> None:
    """Killed without a goodbye before each statement that has to do with it, until it comes through."""
    assert run("apply", before.path, "--yes") == 0
    folder.change(BIG, OTHER_NAME).change(SMALL, ("\ncontacts:\n", '\n  - {id: nils.vik, name: Nils Vik, language: nn, phone: "+47 55 55 02 44", '
                                          'access: [worker], roles: [], duty: on_duty, surface: phone}\n\ncontacts:\n'))
    store = opened(place)
    old, new = store.configuration(), gather(folder.path, CONTENT).files
    assert old is not None
    killed = 0
    with subprocess.Popen([sys.executable, "-c", KILLED, folder.path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as applying:
        assert applying.stdin is not None and applying.stdout is not None
        for after in range(0, 60, 1 if "VARDE_NIGHTLY" in os.environ else 2):
            print(after, file=applying.stdin, flush=True)
            ended = int(applying.stdout.readline())
            kept, duty = store.configuration(), store.duty()
            assert kept is not None
            if kept.version == 1:
                assert kept == old and ("nils.vik", "nav-lillevik") not in duty
            else:
                assert (kept.version, kept.files) == (2, new) and ("nils.vik", "nav-lillevik") in duty
            if ended == 0:
                break
            assert ended == -signal.SIGKILL
            killed += 1
        applying.stdin.close()
    assert ended == 0 and killed > 4
    store.close()


def test_killed_at_any_moment_an_export_is_whole_or_not_there(url: str, before: Folder, tmp_path: Path) -> None:
    run("apply", before.path, "--yes")
    script = (
        "import os, signal, sys, pathlib\nfrom server.__main__ import main\nwrite, left = pathlib.Path.write_bytes, [int(sys.argv[1])]\n"
        "def some(self, body):\n    left[0] -= 1\n    if left[0] < 0: os.kill(os.getpid(), signal.SIGKILL)\n    return write(self, body)\n"
        "pathlib.Path.write_bytes = some\nsys.exit(main(['export', sys.argv[2]]))\n"
    )
    for writes in (0, 1, 4):
        out = tmp_path / f"out-{writes}"
        process = subprocess.run([sys.executable, "-c", script, str(writes), str(out)], cwd=ROOT, timeout=60, check=False)
        assert process.returncode == -signal.SIGKILL and not out.exists()
        assert run("export", out) == 0, "what was left half-done is in nobody's way"
        assert gather(out, out / "content").files == gather(before.path, CONTENT).files


def test_a_database_that_is_not_there_is_said_without_its_password(folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("VARDE_DATABASE_URL", "postgresql://varde:secret@127.0.0.1:1/varde")
    assert run("apply", folder.path, "--yes") == 2
    told = "".join(capsys.readouterr())
    assert "The database cannot be used" in told and "secret" not in told
