"""Calls: rings, says it twice, and takes a key. By the provider of the deployment."""

from __future__ import annotations

from server.senders.contract import Needs
from server.senders.provider import Provider, ProviderSender


def make(needs: Needs) -> ProviderSender | None:
    provider = needs.settings.get("provider")
    return ProviderSender(provider, needs) if isinstance(provider, Provider) else None
