"""Which channels there are, and what makes the sender of each. A new channel is one file, and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from server.core.values import replace
from server.senders import chat, email, sms, voice, webhook, webpush
from server.senders.contract import Maker, Needs, Sender

MAKERS: dict[str, Maker] = {
    "push": webpush.make,
    "sms": sms.make,
    "voice": voice.make,
    "email": email.make,
    "chat": chat.make,
    "webhook": webhook.make,
}
"""By the channel's name, as plans and orders write it."""


def make(needs: Needs, settings: Mapping[str, Mapping[str, object]], makers: Mapping[str, Maker] = MAKERS) -> dict[str, Sender]:
    """The senders that this deployment has set up. `settings`: the part of each channel; one without settings may need none."""
    made = {channel: maker(replace(needs, settings=settings.get(channel, {}))) for channel, maker in makers.items()}
    return {channel: sender for channel, sender in made.items() if sender is not None}
