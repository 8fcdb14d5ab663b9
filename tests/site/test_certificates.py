"""Certificates: made once, renewed before they run out, and what somebody else has signed is left alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from server.site import certificates
from server.site.certificates import CertificateError, make

NAMES = ["varde.example", "192.168.50.2"]


def verified(folder: Path, purpose: str, *check: str) -> bool:
    command = ["openssl", "verify", "-no-CApath", "-CAfile", str(folder / "ca.pem"), "-purpose", "sslserver", *check, str(folder / f"{purpose}.pem")]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_what_is_missing_is_made_for_each_name_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    assert make(tmp_path, NAMES) == ["ca.pem", "broker.pem", "web.pem"]
    for purpose in ("broker", "web"):
        assert verified(tmp_path, purpose, "-verify_hostname", "varde.example") and verified(tmp_path, purpose, "-verify_ip", "192.168.50.2")
        assert not verified(tmp_path, purpose, "-verify_hostname", "elsewhere.example")
    assert make(tmp_path, NAMES) == []
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("*.key")} == {0o600}
    assert not list(tmp_path.glob("*.new")) + list(tmp_path.glob("*.request"))


def test_the_authoritys_key_is_never_the_groups(tmp_path: Path) -> None:
    tmp_path.chmod(0o2750)
    make(tmp_path, NAMES)
    assert (tmp_path / "ca.key").stat().st_mode & 0o777 == 0o600 and (tmp_path / "broker.key").stat().st_mode & 0o777 == 0o640


def test_one_that_runs_out_soon_is_renewed_and_so_is_one_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "DAYS", 59)
    make(tmp_path, NAMES)
    monkeypatch.undo()
    before = (tmp_path / "ca.pem").read_bytes()
    assert make(tmp_path, NAMES) == ["broker.pem", "web.pem"] and make(tmp_path, NAMES) == []
    assert make(tmp_path, [*NAMES, "new.example"]) == ["broker.pem", "web.pem"]
    assert (tmp_path / "ca.pem").read_bytes() == before, "what devices trust stays"


def test_what_another_authority_has_signed_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "DAYS", 1)
    make(tmp_path / "county", ["varde.example"])
    monkeypatch.undo()
    make(tmp_path / "ours", NAMES)
    for name in ("web.pem", "web.key"):
        (tmp_path / "ours" / name).write_bytes((tmp_path / "county" / name).read_bytes())
    assert make(tmp_path / "ours", ["quite.different"]) == ["broker.pem"]
    assert (tmp_path / "ours/web.pem").read_bytes() == (tmp_path / "county/web.pem").read_bytes()


def test_without_openssl_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CertificateError, match="apt install openssl"):
        make(tmp_path / "tls", NAMES)
