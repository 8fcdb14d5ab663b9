"""The server's settings, read from the environment once at start. Secrets are never printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(ValueError):
    """What is missing or wrong, in a sentence for the person who starts the server."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs from site to site, each as `VARDE_<NAME>` in the environment."""

    data_dir: Path = Path("var")  # the database and the secrets: what must be backed up, and nobody else may read
    database_url: str = ""  # SQLite in data_dir unless given: one office, one server. May hold a password
    redis_url: str = ""  # the bell between several servers. May hold a password
    config_dir: Path = ROOT / "config/demo"  # the offices' own files
    content_dir: Path = ROOT / "config/content"  # the cards and texts that ship with Varde
    pwa_dir: Path = ROOT / "pwa/dist"  # the built app
    secrets_file: Path = Path("var/secrets.json")  # gateways' tokens and devices' keys: kept apart, so that var/ can lie on another disk
    host: str = "127.0.0.1"  # a proxy with TLS stands before it
    port: int = 8080
    demo: bool = False  # one-click sign-in for everyone: never where real people are
    origins: tuple[str, ...] = ()  # the addresses under which browsers see it, where a proxy changes them
    secure_cookie: bool = False  # on wherever there is TLS
    push_contact: str = ""  # whom push services may write to: mailto:… or https://…. Without it the first https address in `origins`
    push_hosts: tuple[str, ...] = ()  # push services beside those of Google, Mozilla, Apple and Microsoft
    metrics_host: str = "127.0.0.1"  # Prometheus' own address: not for the world
    metrics_port: int = 0  # 0: no metrics
    watchdog_url: str = ""  # an outside watchdog, told each minute when all is well. The address is a secret
    public_url: str = ""  # where the world reaches this server: providers of SMS and calls call it
    channel_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # VARDE_SECRET_*: what the channels' providers were given
    backup_dir: Path | None = None  # where a copy is made each night, by whatever means: that they come is looked after
    log_level: str = "INFO"  # DEBUG while looking for a fault

    @property
    def app_url(self) -> str:
        """Where people open the app; empty where nobody has said it."""
        return next(iter(self.origins), self.public_url)

    def __repr__(self) -> str:
        return f"Settings(host={self.host}, port={self.port}, demo={self.demo})"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from `VARDE_*`. Raises SettingsError with what to do about it."""

    def text(name: str, default: str) -> str:
        return environment.get(f"VARDE_{name}") or default

    def several(name: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in text(name, "").split(",") if part.strip())

    def switch(name: str) -> bool:
        value = text(name, "0").lower()
        if value not in ("0", "1", "true", "false", "yes", "no"):
            raise SettingsError(f"VARDE_{name} must be 1 or 0, not '{value}'.")
        return value in ("1", "true", "yes")

    data_dir = Path(text("DATA_DIR", "var")).resolve()
    log_level = text("LOG_LEVEL", "INFO").upper()
    if log_level not in LOG_LEVELS:
        raise SettingsError(f"VARDE_LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}.")

    def port(name: str, default: str, least: int) -> int:
        value = text(name, default)
        if not value.isdigit() or not least <= int(value) < 65_536:
            raise SettingsError(f"VARDE_{name} must be a number from {least} to 65535, not '{value}'.")
        return int(value)

    watchdog_url = text("WATCHDOG_URL", "")
    if watchdog_url and not (watchdog_url.startswith(("https://", "http://")) and urlsplit(watchdog_url).hostname):
        raise SettingsError("VARDE_WATCHDOG_URL must be an address that begins with https://, as the watchdog's service gave it.")
    public_url = text("PUBLIC_URL", "").rstrip("/")
    if public_url and not (urlsplit(public_url).scheme in ("https", "http") and urlsplit(public_url).hostname and not urlsplit(public_url).query):
        raise SettingsError("VARDE_PUBLIC_URL must be the address under which the world reaches this server, such as https://varde.kommune.no.")
    database_url = text("DATABASE_URL", f"sqlite:///{data_dir / 'varde.db'}")
    if not re.match(r"sqlite:///|postgres(ql)?(\+psycopg)?://", database_url):
        raise SettingsError("VARDE_DATABASE_URL must begin with postgresql:// (or sqlite:///, for one server).")
    redis_url = text("REDIS_URL", "")
    if redis_url and not redis_url.startswith(("redis://", "rediss://", "unix://")):
        raise SettingsError("VARDE_REDIS_URL must begin with redis:// (rediss:// with TLS, unix:// for a socket on this machine).")
    return Settings(
        data_dir=data_dir,
        database_url=database_url,
        redis_url=redis_url,
        config_dir=Path(text("CONFIG_DIR", str(ROOT / "config/demo"))),
        content_dir=Path(text("CONTENT_DIR", str(ROOT / "config/content"))),
        pwa_dir=Path(text("PWA_DIR", str(ROOT / "pwa/dist"))),
        secrets_file=Path(text("SECRETS_FILE", str(data_dir / "secrets.json"))),
        host=text("HOST", "127.0.0.1"),
        port=port("PORT", "8080", 1),
        demo=switch("DEMO"),
        origins=tuple(part.rstrip("/") for part in several("ORIGINS")),
        secure_cookie=switch("SECURE_COOKIE"),
        push_contact=text("PUSH_CONTACT", ""),
        push_hosts=several("PUSH_HOSTS"),
        metrics_host=text("METRICS_HOST", "127.0.0.1"),
        metrics_port=port("METRICS_PORT", "0", 0),
        watchdog_url=watchdog_url,
        public_url=public_url,
        channel_secrets=_channel_secrets(environment),
        backup_dir=Path(backup_dir) if (backup_dir := text("BACKUP_DIR", "")) else None,
        log_level=log_level,
    )


SECRET = "VARDE_SECRET_"


def _channel_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """`VARDE_SECRET_SMS_USER`, or the name of a file that holds it as `VARDE_SECRET_SMS_USER_FILE`. Raises SettingsError."""
    found: dict[str, str] = {}
    for name, value in environment.items():
        if not name.startswith(SECRET) or not value:
            continue
        if not name.endswith("_FILE"):
            found[name.removeprefix(SECRET)] = value
            continue
        try:
            found[name.removeprefix(SECRET).removesuffix("_FILE")] = Path(value).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise SettingsError(f"{name} names a file that cannot be read: may this user read it?") from None
    return found
