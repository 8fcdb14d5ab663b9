"""Joins what reaches the world outside: the channels that the deployment has set up, what reads that which comes back, and the map."""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

from server.site import secrets_file
from server.config.deployment import INVENTED, ChannelsShape, MapShape, settings_of
from server.flow import answers, phones
from server.flow.context import Context
from server.maps.invented import invented
from server.maps.tiles import MapTiles, TileServer
from server.senders import registry
from server.senders.contract import Inbound, Needs, Sender
from server.senders.demo import CHANNELS, DemoSender, Outbox
from server.senders.incoming import inbound_of
from server.senders.push_keys import usable_contact
from server.settings import Settings, SettingsError

journal = logging.getLogger("varde")


def senders_for(
    settings: Settings, context: Context, channels: ChannelsShape | None, outbox: Outbox | None = None
) -> tuple[dict[str, Sender], dict[str, Inbound]]:
    """The senders of every channel that this deployment has set up, and what reads that which comes back. In the demo nothing leaves the
    machine: what would have is written into `outbox`. Raises SettingsError with what is missing."""
    secret = secret_of(settings, context.store.key, secrets_file.read(settings.secrets_file))
    needs = Needs(
        context.directory, lambda order, purpose: answers.token(context, order, purpose), secret, context.now, public_url=settings.public_url,
        app_url=settings.app_url, demo=settings.demo, phones=phones.Told(context), key=context.store.key,
    )  # fmt: skip
    push = {"push": push_settings(settings)}
    if outbox is not None:
        return {**registry.make(needs, push), **{channel: DemoSender(channel, needs, outbox) for channel in CHANNELS}}, {}
    try:
        made = settings_of(channels, secret, settings.public_url)
    except LookupError as error:
        raise SettingsError(f"A channel cannot be used: {error.args[0]}") from None
    return registry.make(needs, {**push, **made}), inbound_of(made, secret)


def reported_by(senders: Mapping[str, Sender]) -> list[str]:
    """Channels whose provider reports when a message is on the phone."""
    return [channel for channel, sender in senders.items() if getattr(sender, "reports", False)]


def channels_lack(settings: Settings, key: Callable[[str], bytes], channels: ChannelsShape | None) -> str:
    """Why no server would start with these channels as this site is set up, with what to do; empty where one would."""
    try:
        settings_of(channels, secret_of(settings, key, secrets_file.read(settings.secrets_file)), settings.public_url)
    except LookupError as error:
        return str(error.args[0])
    return ""


def push_settings(settings: Settings) -> dict[str, object]:
    """Raises SettingsError for a contact that push services refuse: then none of them would take anything. An origin that they refuse is only not
    taken for one: the server starts without pushes rather than not at all."""
    contact = settings.push_contact or next((one for one in settings.origins if one.startswith("https://") and usable_contact(one)), "")
    if contact and not usable_contact(contact):
        raise SettingsError(
            "VARDE_PUSH_CONTACT must be where push services may write to, such as mailto:drift@kommune.no or https://varde.kommune.no, "
            f"not '{contact}'."
        )
    if not contact and not settings.demo:
        journal.warning("push_off", extra={"remedy": "set VARDE_PUSH_CONTACT"})
    return {"contact": contact, "hosts": settings.push_hosts}


def secret_of(settings: Settings, key: Callable[[str], bytes], known: Mapping[str, Any]) -> Callable[[str], str]:
    """What a provider was given or has given us, by its name (`sms.user`): from the environment, else from the secrets file. The last part of
    the address at which a provider calls us is made here where nobody has set it."""
    in_file = known.get("channels") or {}

    def secret(name: str) -> str:
        variable = re.sub(r"[^A-Z0-9]", "_", name.upper())
        value = settings.channel_secrets.get(variable) or in_file.get(name)
        if value:
            return str(value)
        if name.endswith(".inbound"):
            return hmac.new(key("inbound"), name.encode(), "sha256").hexdigest()[:32]
        raise LookupError(f"the secret '{name}' is not set: run 'varde secrets --set {name}', or give it as VARDE_SECRET_{variable}.")

    return secret


def map_for(settings: Settings, known: Mapping[str, Any], wanted: MapShape | None, before: Any = None) -> MapTiles | None:
    """Where tiles come from. The one from before goes on where nothing has changed: what it keeps is worth keeping."""
    template = wanted.tiles if wanted else ""
    if "{key}" in template:
        key = settings.channel_secrets.get("MAP_KEY") or (known.get("channels") or {}).get("map.key", "")
        template = template.replace("{key}", key) if key else ""
    if wanted is None or not template or (wanted.tiles == INVENTED and not settings.demo):
        if wanted is not None:  # a false map where real people are would be worse than none
            journal.warning("map_off", extra={"remedy": "give the secret map.key, or another map: 'invented' is only for the demo"})
        tiles = None
    elif isinstance(before, MapTiles) and before.made_of == (template, wanted):
        return before
    else:
        source = invented if template == INVENTED else TileServer(template)
        tiles = MapTiles(source, wanted.credit, wanted.zoom_most)
        tiles.made_of = (template, wanted)
    if isinstance(before, MapTiles):
        before.stop()
    return tiles
