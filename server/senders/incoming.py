"""What providers and alarm centres send to us: is it from them, and what does it say? One for each channel that takes answers."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping

from server.core.inbound import Came, Rejected, Reply, Request
from server.core.numbers import CANNOT, COMING
from server.senders.contract import Inbound
from server.senders.profile import read, reply_body
from server.senders.provider import Provider


class ProviderInbound:
    """Calls of a provider of SMS or calls. `secret` is the last part of the address that it was given."""

    def __init__(self, provider: Provider, secret: str) -> None:
        self._provider, self._secret = provider, secret

    def read(self, request: Request) -> list[Came]:
        _check(request, self._secret)
        incoming = self._provider.profile.incoming
        assert incoming is not None, "an address is given only to those that say something"
        return read(incoming, request, self._provider.secrets.get("token", ""))

    def reply(self, text: str) -> Reply:
        return Reply(*reply_body(self._provider.profile.incoming, text))


ANSWERS = {"coming": COMING, "cannot": CANNOT, COMING: COMING, CANNOT: CANNOT}


class WebhookInbound:
    """Answers of alarm centres and others whom we call: JSON, `{"answer": "coming"}` or `{"answer": "cannot"}`, at the address that we gave."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def read(self, request: Request) -> list[Came]:
        _check(request, self._secret)
        try:
            said = json.loads(request.body)
            answer = ANSWERS[said["answer"]]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise Rejected("not_understood") from None
        token = request.query.get("t")
        if not token:
            raise Rejected("unknown_token")
        return [Came(token, text=answer)]

    def reply(self, text: str) -> Reply:
        return Reply("application/json", json.dumps({"text": text}, ensure_ascii=False))


def _check(request: Request, secret: str) -> None:
    if not hmac.compare_digest(request.secret.encode(), secret.encode()):
        raise Rejected("wrong_address")


def inbound_of(made: Mapping[str, Mapping[str, object]], secret: Callable[[str], str]) -> dict[str, Inbound]:
    """What reads that which comes in, for each channel of the deployment that is called back. `made` as the senders' settings."""
    found: dict[str, Inbound] = {}
    for channel, settings in made.items():
        provider = settings.get("provider")
        if isinstance(provider, Provider) and provider.callback and provider.profile.incoming is not None:
            found[channel] = ProviderInbound(provider, secret(f"{channel}.inbound"))
    if made.get("webhook"):
        found["webhook"] = WebhookInbound(secret("webhook.inbound"))
    return found
