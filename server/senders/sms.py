"""SMS: by the provider of the deployment. An answer comes back where the sender is a number that takes replies."""

from __future__ import annotations

from server.senders.contract import Needs
from server.senders.provider import Provider, ProviderSender


def make(needs: Needs) -> ProviderSender | None:
    provider = needs.settings.get("provider")
    return ProviderSender(provider, needs) if isinstance(provider, Provider) else None
