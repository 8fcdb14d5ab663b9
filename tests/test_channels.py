"""`varde channels` and `varde secrets --set`: what an administrator sees of the channels, and that no secret is in it unasked."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from server.__main__ import main
from server.site.secrets_file import SecretsError, keep, read
from tests.senders.vendor import Vendor

ROOT = Path(__file__).resolve().parents[1]
SMS = "  sms:\n    provider: sveve\n    settings: {from: \"26444\"}\n    answers: true\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """A site with the demo's offices, and channels as given."""
    shutil.copytree(ROOT / "config/demo", tmp_path / "offices")
    monkeypatch.setenv("VARDE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("VARDE_CONFIG_DIR", str(tmp_path / "offices"))
    for name in ("VARDE_PUBLIC_URL", "VARDE_PUSH_CONTACT", "VARDE_ORIGINS", "VARDE_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, channels: str = "", given: str = "") -> int:
        if channels:
            file = tmp_path / "offices/deployment.yaml"
            file.write_text(file.read_text().split("\nchannels:")[0] + f"\nchannels:\n{channels}")
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        return main(list(arguments))

    assert run("migrate") == 0
    return run


def test_without_any_each_is_named_with_what_to_do(site: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert site("channels") == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines()] == ["push", "sms", "voice", "email", "chat", "webhook"]
    assert said.count("not set up") == 6


def test_apply_says_before_it_asks_that_no_server_would_start_again_with_these_channels(
    site: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert site("apply", str(tmp_path / "offices"), "--language", "en", channels=SMS) == 2
    said = capsys.readouterr().out
    assert "no server starts again" in said and "run 'varde secrets --set sms.user'" in said
    monkeypatch.setenv("VARDE_PUBLIC_URL", "https://varde.example")
    for name in ("sms.user", "sms.password"):
        assert site("secrets", "--set", name, given="x\n") == 0
    capsys.readouterr()
    assert site("apply", str(tmp_path / "offices"), "--language", "en", "--yes") == 0
    assert "no server starts again" not in capsys.readouterr().out


def test_what_is_missing_is_said_one_channel_at_a_time_with_its_remedy(site: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert site("channels", channels=SMS + "  chat: {rooms: [beredskap]}\n") == 1
    said = capsys.readouterr().out
    assert "the secret 'sms.user' is not set: run 'varde secrets --set sms.user'" in said
    assert "the secret 'chat.beredskap' is not set" in said


def test_a_channel_that_is_set_up_says_what_comes_back_and_how_many_it_reaches(
    site: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("sms.user", "sms.password"):
        assert site("secrets", "--set", name, given="hemmelig-2026\n") == 0
    assert site("channels", channels=SMS) == 1
    assert "set VARDE_PUBLIC_URL" in capsys.readouterr().out, "answers are asked for, and cannot come"
    monkeypatch.setenv("VARDE_PUBLIC_URL", "https://varde-inn.example")
    assert site("channels") == 0
    said = capsys.readouterr().out
    assert "Sveve" in said and "reports and answers come back" in said and re.search(r"\d+ of \d+ people have a phone number", said)
    assert "hemmelig-2026" not in said and "/api/inbound" not in said, "no secret that nobody asked for"
    assert json.loads((tmp_path / "data/secrets.json").read_text())["channels"] == {"sms.user": "hemmelig-2026", "sms.password": "hemmelig-2026"}
    assert (tmp_path / "data/secrets.json").stat().st_mode & 0o077 == 0


def test_the_address_for_the_provider_is_printed_when_it_is_asked_for_and_is_the_same_each_time(
    site: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert site("channels", "--show", "sms") == 2
    assert "not set up" in capsys.readouterr().err
    monkeypatch.setenv("VARDE_PUBLIC_URL", "https://varde-inn.example/")
    for _ in range(2):
        assert site("channels", "--show", "sms", channels=SMS) == 0
    first, second = capsys.readouterr().out.split()
    assert first == second and re.fullmatch(r"https://varde-inn\.example/api/inbound/sms/[0-9a-f]{32}", first)
    site("secrets", "--set", "sms.inbound", given="one-that-we-have-set-ourselves-0123\n")
    capsys.readouterr()
    site("channels", "--show", "sms")
    assert capsys.readouterr().out.strip().endswith("/one-that-we-have-set-ourselves-0123")


def test_a_provider_is_asked_and_what_it_says_is_said(
    site: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor()
    profile = f"""  sms:
    settings: {{}}
    profile:
      id: own
      name: Own
      channel: sms
      send: {{url: {vendor.url}/send, form: {{to: "{{to}}", text: "{{text}}"}}}}
      check: {{method: GET, url: {vendor.url}/check}}
"""
    monkeypatch.setenv("VARDE_PUBLIC_URL", "https://varde-inn.example")
    try:
        vendor.answer(200, {})
        assert site("channels", "--ask", channels=profile) == 0
        assert "says that it is well" in capsys.readouterr().out
        vendor.answer(401, {})
        assert site("channels", "--ask") == 1
        assert "DOES NOT TAKE US: http_401" in capsys.readouterr().out
        assert {asked.path for asked in vendor.asked} == {"/check"}, "and nothing was sent"
    finally:
        vendor.close()


@pytest.mark.parametrize(("name", "value"), [("sms", "x"), ("SMS.user", "x"), ("sms.user", ""), ("sms.user\n", "x"), ("../x.y", "x"), ("x" * 100 + ".y", "x")])
def test_what_cannot_be_a_secret_is_refused_and_nothing_is_changed(name: str, value: str, tmp_path: Path) -> None:
    keep(tmp_path / "secrets.json", "sms.user", "before")
    with pytest.raises(SecretsError):
        keep(tmp_path / "secrets.json", name, value)
    assert read(tmp_path / "secrets.json")["channels"] == {"sms.user": "before"}
