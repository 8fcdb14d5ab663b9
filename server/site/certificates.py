"""A certificate authority of the site's own, by openssl: certificates for the broker and for the web, renewed before they run out.

A site with an authority of its own puts its files in instead: what our authority has not signed is never touched. Devices and gateways trust
`ca.pem`, which lasts for as long as they do; what it signs is renewed by the daily timer.
"""

from __future__ import annotations

import ipaddress
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

AUTHORITY_DAYS = 20 * 365
"""Devices hold it for life, and nobody visits them all."""
DAYS = 398
"""Browsers take no longer one."""
RENEW_S = 60 * 24 * 3600
PURPOSES = ("broker", "web")


class CertificateError(RuntimeError):
    """openssl is missing or refuses; the text says what to do."""


def make(folder: Path, names: Sequence[str]) -> list[str]:
    """Makes what is missing, runs out within 60 days, or does not hold all these names (of hosts, or addresses); gives what was made.

    Files: ca.pem and ca.key, broker.pem and broker.key, web.pem and web.key. Keys: for the folder's owner, and for its group where the folder
    has the set-group-id bit; the authority's only for the owner. Raises CertificateError, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    made = []
    if not (folder / "ca.pem").exists():
        _authority(folder, names[0])
        made.append("ca.pem")
    for purpose in PURPOSES:
        certificate = folder / f"{purpose}.pem"
        if not certificate.exists() or (_ours(folder, certificate) and not _lasts(certificate, names)):
            _sign(folder, purpose, names)
            made.append(certificate.name)
    return made


def _authority(folder: Path, name: str) -> None:
    key, draft = folder / "ca.key", folder / "ca.pem.new"
    _key(key, 0o600)
    _openssl(
        "req", "-x509", "-new", "-key", str(key), "-days", str(AUTHORITY_DAYS), "-subj", f"/CN=Varde {name}"[:64],
        "-addext", "basicConstraints=critical,CA:TRUE,pathlen:0", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", str(draft),
    )  # fmt: skip
    draft.replace(folder / "ca.pem")


def _sign(folder: Path, purpose: str, names: Sequence[str]) -> None:
    """A new key each time. Key and certificate are put in place together, the key last: a reload between them finds the old pair or none."""
    shared = 0o640 if folder.stat().st_mode & 0o2000 else 0o600
    key, request, certificate = folder / f"{purpose}.key.new", folder / f"{purpose}.request", folder / f"{purpose}.pem.new"
    _key(key, shared)
    _openssl(
        "req", "-new", "-key", str(key), "-subj", f"/CN={names[0]}"[:64], "-addext", f"subjectAltName={','.join(map(_entry, names))}",
        "-addext", "extendedKeyUsage=serverAuth", "-addext", "basicConstraints=critical,CA:FALSE", "-out", str(request),
    )  # fmt: skip
    _openssl(
        "x509", "-req", "-in", str(request), "-CA", str(folder / "ca.pem"), "-CAkey", str(folder / "ca.key"), "-CAcreateserial", "-days", str(DAYS),
        "-copy_extensions", "copy", "-out", str(certificate),
    )  # fmt: skip
    request.unlink()
    certificate.replace(folder / f"{purpose}.pem")
    key.replace(folder / f"{purpose}.key")


def _key(file: Path, mode: int) -> None:
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))  # never readable by others, not even for a moment
    _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(file))
    file.chmod(mode)


def _ours(folder: Path, certificate: Path) -> bool:
    return _asks("verify", "-no-CApath", "-no_check_time", "-CAfile", str(folder / "ca.pem"), str(certificate))


def _lasts(certificate: Path, names: Sequence[str]) -> bool:
    if not _asks("x509", "-in", str(certificate), "-noout", "-checkend", str(RENEW_S)):
        return False
    return all("does match certificate" in _openssl("x509", "-in", str(certificate), "-noout", *_check(name)) for name in names)


def _check(name: str) -> tuple[str, str]:
    return ("-checkip", name) if _is_address(name) else ("-checkhost", name)


def _entry(name: str) -> str:
    return f"IP:{name}" if _is_address(name) else f"DNS:{name}"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
        return True
    except ValueError:
        return False


def _asks(*arguments: str) -> bool:
    return _run(arguments).returncode == 0


def _openssl(*arguments: str) -> str:
    done = _run(arguments)
    if done.returncode:
        raise CertificateError(f"openssl {arguments[0]} failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}")
    return done.stdout


def _run(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise CertificateError("openssl is not installed. On Debian: apt install openssl") from None
