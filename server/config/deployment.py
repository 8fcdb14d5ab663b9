"""The deployment's own file: its name, its administrators, and the channels that it can send by. No secret stands here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from server.config.shapes import Email, Id, Language, Line, Phone, Shape, shape
from server.config.strict_yaml import Parsed, Problem, parse_bytes
from server.core.tiles import ZOOM_LEAST
from server.senders import chat, profile, webhook
from server.senders.email import LOOPBACK, Mailbox
from server.senders.profile import Profile
from server.senders.provider import Provider

PROVIDERS = Path(profile.__file__).parent / "providers"

Url = Annotated[str, StringConstraints(pattern=r"^https://[^\s@]{3,500}$")]
TILES = r"^(invented|https://[^\s@]{3,500}|http://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?/[^\s@]{3,500})$"
INVENTED = "invented"
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:-]{1,253}$")]


class ProviderShape(Shape):
    """By `provider`, one that Varde knows; or by a `profile` of one's own. `answers`: the sender takes replies, and they are forwarded to us.
    `number`: of SMS, where people may write to; a phone whose alarm does not get through offers to."""

    provider: str | None = None
    profile: Profile | None = None
    settings: dict[str, Line] = {}
    answers: bool = False
    number: Phone | None = None

    @model_validator(mode="after")
    def _one(self) -> ProviderShape:
        if self.number and not self.answers:
            raise ValueError("'number' is where people write to Varde, and that needs 'answers: true': add it, or take the number out.")
        if (self.provider is None) == (self.profile is None):
            raise ValueError("name a 'provider' that Varde knows, or write a 'profile' of your own: one of them.")
        return self


class EmailShape(Shape):
    """`sender`: the From address. The password is the secret email.password."""

    host: Host
    port: int = Field(587, ge=1, le=65_535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    sender: Email
    user: Line | None = None

    @model_validator(mode="after")
    def _encrypted(self) -> EmailShape:
        if self.tls == "none" and self.host not in LOOPBACK:
            raise ValueError("tls: none is only for a mail server on this machine: use starttls, or tls with port 465.")
        return self


class ChatShape(Shape):
    """The address of each room, as Apprise wants it, is the secret chat.<room>."""

    rooms: list[Id] = Field(min_length=1)


class WebhookShape(Shape):
    """The key of each receiver is the secret webhook.<name>."""

    receivers: dict[Id, Url] = Field(min_length=1)


class ChannelsShape(Shape):
    sms: ProviderShape | None = None
    voice: ProviderShape | None = None
    email: EmailShape | None = None
    chat: ChatShape | None = None
    webhook: WebhookShape | None = None


class MapShape(Shape):
    """`tiles`: where a map service gives its tiles, fetched by the server alone. `invented`: the demo's own. A key that the service wants is the
    secret map.key."""

    tiles: Annotated[str, StringConstraints(pattern=TILES)]
    credit: Line
    zoom_most: int = Field(17, ge=ZOOM_LEAST, le=20)

    @model_validator(mode="after")
    def _places(self) -> MapShape:
        if self.tiles != INVENTED and not all(name in self.tiles for name in ("{z}", "{x}", "{y}")):
            raise ValueError("'tiles' needs {z}, {x} and {y} where the number of the tile goes.")
        return self


class DeploymentFile(Shape):
    schema_: Literal["varde.deployment/1"] = Field(alias="schema")
    name: Line
    default_language: Language
    administrators: list[Id] = Field(min_length=1)
    channels: ChannelsShape | None = None
    map: MapShape | None = None


# ---------------------------------------------------------------- checking


@cache
def made_profile(name: str) -> Profile | None:
    """One of the profiles that ship with Varde."""
    path = PROVIDERS / f"{name}.yaml"
    if not path.is_relative_to(PROVIDERS) or not path.is_file():
        return None
    return shape(Profile, parse_bytes(path.read_bytes(), path.name))  # type: ignore[type-var]


def made_profiles() -> list[str]:
    return sorted(path.stem for path in PROVIDERS.glob("*.yaml"))


def wrong_channels(parsed: Parsed, channels: ChannelsShape) -> Iterator[Problem]:
    for name, given in (("sms", channels.sms), ("voice", channels.voice)):
        if given is not None:
            yield from _wrong_provider(parsed, name, given)


def _wrong_provider(parsed: Parsed, channel: str, given: ProviderShape) -> Iterator[Problem]:
    path = ("channels", channel)
    chosen = given.profile or made_profile(given.provider or "")
    if chosen is None:
        yield parsed.problem((*path, "provider"), f"'{(given.provider or '')[:40]}' is not known: {', '.join(made_profiles())}; or write a profile.")
        return
    if chosen.channel != channel:
        yield parsed.problem((*path, "provider"), f"'{chosen.id}' is for {chosen.channel}, not for {channel}: take another one.")
    for name in chosen.settings:
        if name not in given.settings:
            yield parsed.problem((*path, "settings"), f"{chosen.name} needs the setting '{name}': add it.")
    for name in given.settings:
        if name not in chosen.settings:
            wants = ", ".join(chosen.settings) or "none"
            yield parsed.problem((*path, "settings", name), f"{chosen.name} has no setting '{name}' ({wants}): correct it or take it out.")
    takes_answers = chosen.incoming is not None and chosen.incoming.answers is not None
    if given.answers and not takes_answers:
        yield parsed.problem((*path, "answers"), f"the profile '{chosen.id}' does not say how answers come in: add 'incoming' to it, or take this out.")


# ---------------------------------------------------------------- making


def settings_of(channels: ChannelsShape | None, secret: Callable[[str], str], public_url: str) -> dict[str, Mapping[str, object]]:
    """What each channel's sender is made with. `secret(name)` raises LookupError with what to set; so does this."""
    if channels is None:
        return {}
    made: dict[str, Mapping[str, object]] = {}
    for name, given in (("sms", channels.sms), ("voice", channels.voice)):
        if given is not None:
            made[name] = {"provider": _provider(name, given, secret, public_url)}
    if channels.email:
        box = channels.email
        password = secret("email.password") if box.user else ""
        made["email"] = {"mailbox": Mailbox(box.host, box.port, box.sender, box.tls, box.user or "", password)}
    if channels.chat:
        made["chat"] = {"rooms": {name: _room(name, secret) for name in channels.chat.rooms}}
    if channels.webhook:
        made["webhook"] = {"targets": {name: _target(name, url, secret, public_url) for name, url in channels.webhook.receivers.items()}}
    return made


def _provider(channel: str, given: ProviderShape, secret: Callable[[str], str], public_url: str) -> Provider:
    chosen = given.profile or made_profile(given.provider or "")
    if chosen is None:
        raise LookupError(f"there is no provider '{given.provider}': run 'varde check-config'.")
    secrets = {name: secret(f"{channel}.{name}") for name in chosen.secrets}
    calls_us = chosen.incoming is not None and bool(public_url)
    if channel == "voice" and not calls_us:
        raise LookupError("calls need an address at which the provider reaches this server: set VARDE_PUBLIC_URL to it, with https.")
    if given.answers and not public_url:
        raise LookupError(f"answers by {channel} need an address at which the provider reaches this server: set VARDE_PUBLIC_URL to it, with https.")
    callback = f"{public_url}/api/inbound/{channel}/{secret(f'{channel}.inbound')}" if calls_us else ""
    return Provider(chosen, dict(given.settings), secrets, callback, bool(callback) and (given.answers or channel == "voice"))


def _room(name: str, secret: Callable[[str], str]) -> object:
    found = chat.room(secret(f"chat.{name}"))
    if found is None:
        raise LookupError(f"the secret 'chat.{name}' is not an address that Apprise understands: see docs/channels.md.")
    return found


def _target(name: str, url: str, secret: Callable[[str], str], public_url: str) -> webhook.Target:
    key = secret(f"webhook.{name}")
    try:
        webhook.key_of(key)
    except ValueError:
        raise LookupError(f"the secret 'webhook.{name}' must be whsec_ and 24 to 64 bytes in base64: see docs/channels.md.") from None
    answer = f"{public_url}/api/inbound/webhook/{secret('webhook.inbound')}" if public_url else ""
    return webhook.Target(url, key, answer)
