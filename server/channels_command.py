"""`varde channels`: which channels are set up, what each still lacks, whether its provider is well, and the address that a provider is to call."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from server.site import secrets_file
from server.config.loading import Loaded
from server.config.deployment import ChannelsShape, ProviderShape, made_profile, settings_of
from server.core.directory import Directory
from server.core.orders import Result
from server.senders import registry
from server.senders.contract import Needs, Sender
from server.senders.profile import Profile
from server.settings import Settings, SettingsError
from server.store.contract import Store
from server.wiring_channels import push_settings, secret_of

ORDER = ("push", "sms", "voice", "email", "chat", "webhook")


@dataclass(frozen=True, slots=True)
class Line:
    """One channel. `state`: `off` (not set up), `lacking` (it is, and cannot work), `on`. `says`: in words, without any secret."""

    channel: str
    state: str
    says: tuple[str, ...]


def run(options: argparse.Namespace, settings: Settings, loaded: Loaded, opened: Store | None) -> int:
    """Gives the exit code: 1 where a channel that is set up cannot work. `opened`: None where there is no database yet."""
    if opened is None:
        print("There is no database yet, and in it lies the key of the addresses: run 'varde migrate', or start the server once.", file=sys.stderr)
        return 2
    with closing(opened) as store:
        secret = secret_of(settings, store.key, secrets_file.read(settings.secrets_file))
        if options.show:
            return _show(options.show, settings, loaded.deployment.channels, secret)
        lines = list(looked_at(settings, loaded, store, secret, options.ask))
    for line in lines:
        print(f"{line.channel:<9}{line.says[0]}")
        for more in line.says[1:]:
            print(f"{'':<9}{more}")
    return int(any(line.state == "lacking" for line in lines))


def looked_at(settings: Settings, loaded: Loaded, store: Store, secret: Callable[[str], str], ask: bool) -> Iterator[Line]:
    """Each channel by itself, so that a mistake in one hides nothing of the others. `ask`: asks its provider, and sends nothing."""
    given, directory = loaded.deployment.channels, loaded.directory
    for channel in ORDER:
        try:
            made = _made(channel, given, settings, secret)
        except (LookupError, SettingsError) as error:
            yield Line(channel, "lacking", (f"CANNOT BE USED: {error.args[0]}",))
            continue
        if made is None:
            yield Line(channel, "off", (NOT_SET_UP.get(channel, f"not set up: see docs/channels.md, and add '{channel}' to deployment.yaml."),))
            continue
        needs = Needs(lambda: directory, lambda order, purpose: "", secret, public_url=settings.public_url, key=store.key)
        says = [*_setting(channel, given, settings), *_addressed(channel, directory, store)]
        fault = ""
        if ask and channel != "push":
            [sender] = registry.make(needs, {channel: made}).values()
            fault, word = _asked(sender)
            says.append(word)
        yield Line(channel, "lacking" if fault else "on", tuple(says))


NOT_SET_UP = {"push": "not set up: phones that are shut are not reached. Set VARDE_PUSH_CONTACT (docs/channels.md)."}


def _made(channel: str, given: ChannelsShape | None, settings: Settings, secret: Callable[[str], str]) -> Mapping[str, object] | None:
    """What its sender is made with; None where it is not set up. Raises LookupError or SettingsError with what is missing."""
    if channel == "push":
        contact = push_settings(settings)
        return contact if contact["contact"] else None
    part = getattr(given, channel) if given else None
    return settings_of(ChannelsShape(**{channel: part}), secret, settings.public_url)[channel] if part else None


def _setting(channel: str, given: ChannelsShape | None, settings: Settings) -> Iterator[str]:
    part = getattr(given, channel) if given and channel != "push" else None
    if channel == "push":
        yield "set up"
    elif isinstance(part, ProviderShape):
        profile = _profile(part)
        yield f"set up: {profile.name}"
        yield from _comes_back(channel, part, profile, settings)
    elif channel == "email" and given and given.email:
        yield f"set up: from {given.email.sender} by {given.email.host}:{given.email.port}, {given.email.tls}"
    elif channel == "chat" and given and given.chat:
        yield f"set up: {', '.join(given.chat.rooms)}"
    elif given and given.webhook:
        yield f"set up: {', '.join(given.webhook.receivers)}"
        yield "answers come back" if settings.public_url else "answers cannot come back: set VARDE_PUBLIC_URL"


def _profile(part: ProviderShape) -> Profile:
    found = part.profile or made_profile(part.provider or "")
    assert found is not None, "settings_of has refused it"
    return found


def _comes_back(channel: str, part: ProviderShape, profile: Profile, settings: Settings) -> Iterator[str]:
    if profile.incoming is None:
        yield "nothing comes back: the profile has no 'incoming'"
        return
    if not settings.public_url:
        yield "reports cannot come back: set VARDE_PUBLIC_URL"
        return
    answers = channel == "voice" or part.answers
    yield f"{'reports and answers come back' if answers else 'reports come back; people cannot answer'} (varde channels --show {channel})"


def _addressed(channel: str, directory: Directory, store: Store) -> Iterator[str]:
    """How many it can reach: a channel that is set up and has nobody's number reaches nobody."""
    people = [person for person in directory.people.values() if person.surface != "wallboard"]
    if channel in ("sms", "voice"):
        yield f"{sum(bool(one.phone) for one in people)} of {len(people)} people have a phone number"
    elif channel == "email":
        yield f"{sum(bool(one.email) for one in people)} of {len(people)} people have an address"
    elif channel == "push":
        having = {phone.person_id for phone in store.phones() if phone.endpoint}
        yield f"{sum(one.id in having for one in people)} of {len(people)} people have said yes on a phone"
    else:
        used = sum(bool(contact.chat if channel == "chat" else contact.webhook) for contact in directory.contacts.values())
        yield f"{used} contacts use it"


def _asked(sender: Sender) -> tuple[str, str]:
    """What is wrong, if anything, and the words."""
    outcome = sender.probe()
    if outcome is None:
        return "", "cannot be asked whether it is well: only a real message tells (varde plan, then a drill)"
    if outcome.result is Result.ACCEPTED:
        return "", "its provider says that it is well"
    return outcome.why, f"ITS PROVIDER DOES NOT TAKE US: {outcome.why or outcome.result.value}"


def _show(channel: str, settings: Settings, channels: ChannelsShape | None, secret: Callable[[str], str]) -> int:
    """The address that a provider calls. Whoever knows it may say what comes from the provider: printed because it was asked for."""
    if channels is None or getattr(channels, channel) is None:
        print(f"'{channel}' is not set up: add it to 'channels' in deployment.yaml, and apply that.", file=sys.stderr)
        return 2
    if not settings.public_url:
        print("Nobody can call this server: set VARDE_PUBLIC_URL to the address at which the world reaches it, with https.", file=sys.stderr)
        return 2
    print(f"{settings.public_url}/api/inbound/{channel}/{secret(f'{channel}.inbound')}")
    print(EXPLAINED[channel], file=sys.stderr)
    return 0


EXPLAINED = {
    "sms": "Give this to the provider, for replies and for delivery reports. It is a secret: whoever knows it can say what somebody answered.",
    "voice": "Varde gives this with each call; nothing need be set up. It is a secret: whoever knows it can say which key was pressed.",
    "webhook": "Varde gives this with each message, with a token for that message behind it; nothing need be set up. It is a secret.",
}
