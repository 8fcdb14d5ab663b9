"""The gateway's settings, read from the environment once at start."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from device_gateway.local_page import inside_the_house


class SettingsError(ValueError):
    """What is missing or wrong, in a sentence for the person who starts the gateway."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs from site to site. Secrets are never printed."""

    server_url: str
    token: str
    offices: tuple[str, ...]
    broker_host: str = "127.0.0.1"
    broker_port: int = 1883
    broker_mqtt: str = "5"  # or "3.1.1"
    broker_user: str | None = None
    broker_password: str | None = None
    broker_ca: Path | None = None  # turns TLS on
    server_ca: Path | None = None
    spool_folder: Path = Path("gateway-spool")
    client_id: str = ""
    page: tuple[str, int] | None = None  # where the local page is, inside the house; None: nowhere
    held_max: int = 50_000  # presses in memory and on disk that the server has not taken; above it they stay with the broker

    def __repr__(self) -> str:
        return f"Settings(offices={self.offices}, broker={self.broker_host}:{self.broker_port})"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from `VARDE_GATEWAY_*`. Raises SettingsError with what to do about it."""

    def value(name: str) -> str | None:
        return environment.get(f"VARDE_GATEWAY_{name}") or None

    def path(name: str) -> Path | None:
        text = value(name)
        return Path(text) if text else None

    offices = tuple(part.strip() for part in (value("OFFICES") or "").split(",") if part.strip())
    if not offices:
        raise SettingsError(
            "VARDE_GATEWAY_OFFICES is empty: give the ids of the offices whose devices this gateway hears, with commas between."
        )
    for office in offices:
        if set(office) & set("/+#\0"):
            raise SettingsError(f"VARDE_GATEWAY_OFFICES: {office!r} cannot be part of a topic.")
    return Settings(
        server_url=_server(value("SERVER")),
        token=_token(value("TOKEN"), path("TOKEN_FILE")),
        offices=offices,
        broker_host=value("BROKER_HOST") or "127.0.0.1",
        broker_port=_port(value("BROKER_PORT") or "1883"),
        broker_mqtt=_mqtt(value("BROKER_MQTT") or "5"),
        broker_user=value("BROKER_USER"),
        broker_password=value("BROKER_PASSWORD"),
        broker_ca=_authority("BROKER_CA", path("BROKER_CA")),
        server_ca=_authority("SERVER_CA", path("SERVER_CA")),
        spool_folder=path("SPOOL") or Path("gateway-spool"),
        page=_page(value("PAGE")),
        client_id=value("CLIENT_ID") or _client_id(offices),
    )


def _server(text: str | None) -> str:
    if not text or not text.startswith(("http://", "https://")):
        raise SettingsError("VARDE_GATEWAY_SERVER must be the server's address, such as https://varde.example.")
    return text


def _token(text: str | None, file: Path | None) -> str:
    if file is not None:
        try:
            text = file.read_text().strip()
        except OSError as error:
            raise SettingsError(f"VARDE_GATEWAY_TOKEN_FILE cannot be read: {error.strerror}.") from None
    if not text or not text.isascii() or not text.isprintable():
        raise SettingsError("VARDE_GATEWAY_TOKEN (or VARDE_GATEWAY_TOKEN_FILE) must hold this gateway's token from the server.")
    return text


def _authority(name: str, file: Path | None) -> Path | None:
    if file is not None:
        try:
            ssl.create_default_context(cafile=file)
        except OSError as error:  # ssl's own is one
            why = "holds no certificate" if isinstance(error, ssl.SSLError) else f"cannot be read: {error.strerror}"
            raise SettingsError(f"VARDE_GATEWAY_{name} {why}. It must be the ca.pem that 'varde certificates' has made.") from None
    return file


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise SettingsError("VARDE_GATEWAY_BROKER_PORT must be a port number.")
    return int(text)


def _page(text: str | None) -> tuple[str, int] | None:
    """`192.168.50.2:8090` or `[fd00::2]:8090`. An address of this machine or of a private network, never all at once."""
    if not text:
        return None
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if not inside_the_house(host) or not port.isdigit() or not 0 < int(port) < 65536:
        raise SettingsError(
            "VARDE_GATEWAY_PAGE must be an address in numbers, of this machine or of a private network, and a port: 127.0.0.1:8090 or "
            "192.168.50.2:8090. Not 0.0.0.0, and nothing that the internet reaches."
        )
    return host, int(port)


def _mqtt(text: str) -> str:
    if text not in ("5", "3.1.1"):
        raise SettingsError("VARDE_GATEWAY_BROKER_MQTT must be 5 or 3.1.1.")
    return text


def _client_id(offices: tuple[str, ...]) -> str:
    """The same at each start, since the broker keeps a session by it; two gateways for the same offices need different ones."""
    return "varde-gateway-" + hashlib.sha256(",".join(sorted(offices)).encode()).hexdigest()[:12]
