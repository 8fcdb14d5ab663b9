"""Web push: to every phone of a person at once, encrypted for each (RFC 8291), signed by this deployment (RFC 8292, VAPID).

Accepted is not delivered: only the phone's own receipt says that it has been shown. What each push service answers about a phone is told to
`Phones`; only 404 and 410 take a subscription away.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass
from zoneinfo import ZoneInfo

import aiohttp
from py_vapid import Vapid
from pywebpush import WebPusher

from server.core.directory import Directory
from server.core.drill.model import PlannedDrill
from server.core.drill.programme import Wheel
from server.core.orders import RETRY_MAX_S, Order, Result, Say
from server.core.phones import ACCEPTED, GONE, Phone, Pushed
from server.core.push import Message, alarm_message, drill_message, subject_of, try_message, visit_message, wish_message
from server.core.push_tokens import purpose, to_the_millisecond, written
from server.core.visit.model import Visit
from server.senders.contract import TIMEOUT_S, TOGETHER_S, Needs, Outcome, Phones, Sender, Subject
from server.senders.push_hosts import allowed, origin_of
from server.senders.push_line import AT_ONCE, Line, Push, Reply
from server.senders.push_keys import public_key_of, usable_keys, vapid_of

SIGNATURE_S = 12 * 3600
"""How long a VAPID signature is good; services refuse more than 24 h. It is made anew when half of it has passed."""

REMEMBERED = 20_000
"""Phones that took a push whose order is tried again because of another phone."""

TALK_S = 0.2
"""A push service's answer is its status line."""

TELL_S = 0.1
"""What services answered is told together, this often."""

HANGS_S = 30.0
"""A loop that has not turned for so long hangs, and no push goes out by it. Shorter than that is a machine that is busy, or was asleep."""

journal = logging.getLogger("varde.push")


@dataclass(slots=True)
class Service:
    """One push service, known by its origin. The line before it is its own: one that hangs delays nobody else's phones."""

    proxy: str | None = None
    line: Line = field(default_factory=Line)
    authorization: str = ""
    signed_until_s: float = 0.0
    refused: set[str] = field(default_factory=set)
    """What it has refused is logged once, not for each phone."""


class WebPush:
    """The sender. Its own thread and event loop: `begin` returns at once, `send` and `try_phone` wait for the answer."""

    channel = "push"

    def __init__(
        self, vapid: Vapid, contact: str, hosts: Collection[str], phones: Phones, directory: Callable[[], Directory],
        token: Callable[[Order, str], str], zone: tzinfo, now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        """`contact`: whom a push service may write to, as `mailto:` or `https:` (RFC 8292). `hosts`: push services beside the known ones.
        `zone`: the clock that people read."""
        self.public_key = public_key_of(vapid)
        self._hosts = tuple(hosts)
        self._vapid, self._contact, self._phones, self._directory, self._token = vapid, contact, phones, directory, token
        self._zone, self._now = zone, now
        self._services: dict[str, Service] = {}
        self._took: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._told: list[Pushed] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._turned_s = time.monotonic()
        self._stopping = False
        self._loop = _new_loop()
        self._thread = threading.Thread(target=self._run, name="web-push", daemon=True)
        self._thread.start()

    # ---------------------------------------------------------------- what the deliverer asks

    def begin(self, batch: Sequence[tuple[Order, Subject]], done: Callable[[Order, Outcome], None]) -> None:
        phones = self._phones.phones_of([order.recipient for order, _ in batch])
        self._loop.call_soon_threadsafe(self._take, list(batch), phones, done)

    def send(self, order: Order, about: Subject) -> Outcome:
        answered = threading.Event()
        outcomes: list[Outcome] = []

        def done(_: Order, outcome: Outcome) -> None:
            outcomes.append(outcome)
            answered.set()

        self.begin([(order, about)], done)
        return outcomes[0] if answered.wait(TOGETHER_S) else Outcome(Result.RETRY, TIMEOUT_S, "timeout")

    def addressed(self, recipients: Collection[str]) -> frozenset[str]:
        found = self._phones.phones_of(recipients)
        return frozenset(person_id for person_id, phones in found.items() if any(phone.endpoint for phone in phones))

    def probe(self) -> Outcome | None:
        """A push service tells nothing without a message: the weekly test messages are the proof."""
        return None

    def try_phone(self, phone: Phone, token: Callable[[str], str]) -> str:
        """A visible test message to one phone; waits for the service's answer and gives its word. `token(purpose)`: for the receipt."""

        def made(sent_at: datetime) -> Message:
            return try_message(phone, self._zone, sent_at, written(token(purpose("push", phone.id, sent_at)), phone, sent_at))

        future = asyncio.run_coroutine_threadsafe(self._one(phone, object(), made, self._now(), real=False), self._loop)
        try:
            return future.result(TOGETHER_S).word
        except TimeoutError:  # it goes out when its turn comes: who waits for the answer has waited long enough
            return "timeout"

    def unusable(self, endpoint: str, p256dh: str, auth: str) -> str:
        """Why a subscription cannot be used, as a stable word; empty where it can."""
        if not allowed(endpoint, self._hosts):
            return "unknown_push_service"
        return "" if usable_keys(p256dh, auth) else "bad_keys"

    @property
    def alive(self) -> bool:
        """Whether its thread goes on. From any thread."""
        return self._thread.is_alive() and time.monotonic() - self._turned_s < HANGS_S

    def stop(self) -> None:
        self._stopping = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)

    # ---------------------------------------------------------------- one order, all its phones

    def _take(self, batch: list[tuple[Order, Subject]], phones: Mapping[str, list[Phone]], done: Callable[[Order, Outcome], None]) -> None:
        for order, about in batch:
            live = [phone for phone in phones.get(order.recipient, ()) if phone.endpoint]
            if live:
                self._keep(self._order(order, about, live, done))
            else:
                done(order, Outcome(Result.NO_ADDRESS))

    async def _order(self, order: Order, about: Subject, phones: list[Phone], done: Callable[[Order, Outcome], None]) -> None:
        outcome = Outcome(Result.RETRY, why="sender_failed")
        try:
            outcome = self._outcome(order, phones, await asyncio.gather(*(self._of_order(order, about, phone) for phone in phones)))
        except Exception as error:
            journal.error("push_failed", extra={"order": order.id, "error": type(error).__name__})
        finally:
            done(order, outcome)

    async def _of_order(self, order: Order, about: Subject, phone: Phone) -> Reply:
        if (order.id, phone.id) in self._took:
            return Reply(ACCEPTED)  # tried again because of another phone: this one has it

        def made(sent_at: datetime) -> Message:
            receipt, answer = (
                written(self._token(order, purpose(word, phone.id, sent_at)), phone, sent_at) for word in ("push", "answer")
            )
            if isinstance(about, Visit):
                return visit_message(order, about, phone, sent_at, receipt, answer)
            if isinstance(about, PlannedDrill | Wheel) or order.say is Say.STILL_ON:
                return drill_message(order, phone, receipt)
            if order.say is Say.WISH_TO_TALK:
                return wish_message(order, about, phone, self._zone, receipt)
            return alarm_message(order, about, phone, self._directory(), self._zone, sent_at, receipt, answer)

        return await self._one(phone, subject_of(order), made, order.made_at, real=not order.drill)

    def _outcome(self, order: Order, phones: list[Phone], replies: list[Reply]) -> Outcome:
        """The first time one phone's busy service is a reason to try again; the second time, one phone that has it is enough."""
        tried_before = order.channel == self.channel
        waits = [reply.retry_after_s or 0 for reply in replies if reply.again]
        wrong = next((reply.word for reply in replies if reply.word != ACCEPTED), "")
        some = any(reply.word == ACCEPTED for reply in replies)
        if waits and not tried_before:
            for phone, reply in zip(phones, replies, strict=True):
                if reply.word == ACCEPTED:
                    self._took[order.id, phone.id] = None
            while len(self._took) > REMEMBERED:
                self._took.popitem(last=False)
            if not some or min(waits) <= RETRY_MAX_S:
                return Outcome(Result.RETRY, min(waits), wrong)
        if some:
            return Outcome(Result.ACCEPTED)
        return Outcome(Result.RETRY, min(waits), wrong) if waits else Outcome(Result.PERMANENT, why=wrong)

    # ---------------------------------------------------------------- one phone

    async def _one(self, phone: Phone, about: object, made: Callable[[datetime], Message], made_at: datetime, real: bool) -> Reply:
        """Takes its place in the service's line, and waits for the reply. `about`: a newer message about the same takes an older one's place."""
        origin = origin_of(phone.endpoint)
        service = self._service(origin)
        push = service.line.stand(Push(phone, about, made, made_at, time.monotonic(), self._loop.create_future()), real)
        self._send_next(service)
        return await asyncio.shield(push.reply)  # others may wait for the same

    def _send_next(self, service: Service) -> None:
        for push in () if self._stopping else service.line.next():
            self._keep(self._send(service, push))

    async def _send(self, service: Service, push: Push) -> None:
        reply = Reply("down")
        try:
            sent_at = to_the_millisecond(self._now())
            reply = await self._post(service, push.phone, push.made(sent_at))
            if reply.word == "refused" and reply.word not in service.refused:
                service.refused.add(reply.word)
                journal.error("push_refused", extra={"service": origin_of(push.phone.endpoint)})
            self._told.append(Pushed(push.phone.id, push.phone.endpoint, reply.word, sent_at))
        except Exception as error:
            journal.error("push_failed", extra={"phone": push.phone.id, "error": type(error).__name__})
        finally:
            service.line.on_their_way -= 1
            push.replied(reply)
            self._send_next(service)

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        """The loop itself holds its tasks only weakly."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post(self, service: Service, phone: Phone, message: Message) -> Reply:
        assert self._session is not None
        try:
            keys = {"p256dh": phone.p256dh, "auth": phone.auth}
            body = WebPusher({"endpoint": phone.endpoint, "keys": keys}).encode(message.body)["body"]
        except Exception as error:  # keys that passed when the phone signed up, and yet cannot be used
            journal.error("push_keys_unusable", extra={"phone": phone.id, "error": type(error).__name__})
            return Reply("refused")
        headers = {
            "Authorization": self._signature(service, origin_of(phone.endpoint)), "Content-Encoding": "aes128gcm", "TTL": str(message.ttl_s),
            "Content-Type": "application/octet-stream", "Urgency": message.urgency, "Topic": message.topic,
        }  # fmt: skip
        try:
            # a push service that sends us elsewhere is not followed: what it says is for this address alone
            async with self._session.post(phone.endpoint, data=body, headers=headers, proxy=service.proxy, allow_redirects=False) as answer:
                service.line.answered_s = time.monotonic()
                if answer.status in (401, 403):
                    service.signed_until_s = 0.0  # the next is signed anew
                with suppress(Exception):  # read, so that the connection can be kept; but nobody gets to talk for long
                    await asyncio.wait_for(answer.content.read(4096), TALK_S)
                return reply_of(answer.status, answer.headers.get("Retry-After", ""), self._now())
        except TimeoutError:
            return Reply("timeout", TIMEOUT_S)  # a service that has hung once is not waited for again
        except (aiohttp.ClientError, OSError, ValueError):
            return Reply("down")

    def _service(self, origin: str) -> Service:
        if origin not in self._services:
            self._services[origin] = Service(proxy_of(origin))
        return self._services[origin]

    def _signature(self, service: Service, origin: str) -> str:
        """Kept for the service: a fresh set of claims each time, for the library writes the audience into the one that it is given."""
        now_s = time.time()
        if not SIGNATURE_S / 2 < service.signed_until_s - now_s <= SIGNATURE_S:  # more than that: the clock stood ahead when it was made
            service.signed_until_s = now_s + SIGNATURE_S
            claims = {"aud": origin, "sub": self._contact, "exp": int(service.signed_until_s)}
            service.authorization = self._vapid.sign(claims)["Authorization"]
        return service.authorization

    # ---------------------------------------------------------------- the thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._open())
        telling = self._loop.create_task(self._tell_now_and_then())
        try:
            self._loop.run_forever()
        finally:
            for task in (telling, *self._tasks):
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(telling, *self._tasks, return_exceptions=True))
            self._loop.run_until_complete(self._tell())
            if self._session is not None:
                self._loop.run_until_complete(self._session.close())
            self._loop.close()

    async def _open(self) -> None:
        connector = aiohttp.TCPConnector(limit=0, limit_per_host=AT_ONCE, ttl_dns_cache=60)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        # no cookies: a push service need not know us again
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())

    async def _tell_now_and_then(self) -> None:
        while True:
            self._turned_s = time.monotonic()
            await asyncio.sleep(TELL_S)
            for service in self._services.values():
                for push in service.line.give_up(time.monotonic()):
                    push.replied(Reply("timeout", TIMEOUT_S))
            await self._tell()

    async def _tell(self) -> None:
        told, self._told = self._told, []
        if not told:
            return
        try:
            await self._loop.run_in_executor(None, self._phones.pushed, told)
        except Exception as error:  # losing it costs a phone a shade of its health, or one push that goes nowhere
            journal.error("push_answers_not_kept", extra={"count": len(told), "error": type(error).__name__})


def proxy_of(origin: str) -> str | None:
    """An office's way out is often a proxy, named as everywhere by HTTPS_PROXY and NO_PROXY. Asked once for each push service: the client would look
    through the whole environment, and into files, for each push."""
    address = urlsplit(origin)
    return None if proxy_bypass(address.netloc) else getproxies().get(address.scheme)


def reply_of(status: int, retry_after: str, now: datetime) -> Reply:
    """RFC 8030 and what services do: 201 (or another 2xx) is taken, 404 and 410 are gone, 429 and 5xx may come again, anything else is refused."""
    if 200 <= status < 300:
        return Reply(ACCEPTED)
    if status in (404, 410):
        return Reply(GONE)
    if 300 <= status < 400:
        return Reply("moved")
    if status == 413:
        return Reply("too_large")
    if status == 429 or status >= 500:
        return Reply("busy" if status == 429 else "down", _seconds(retry_after, now))
    return Reply("refused")


def _seconds(retry_after: str, now: datetime) -> float | None:
    """Retry-After in seconds, or as a date (RFC 9110); None where it says nothing that can be understood."""
    text = retry_after.strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text).astimezone(UTC) - now).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # where it does not exist
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


KEY = "vapid"
"""Under this name the store keeps what the deployment's one key pair is made of."""

ZONE = "Europe/Oslo"
DEMO_CONTACT = "mailto:demo@varde.example"


def make(needs: Needs) -> Sender | None:
    """The channel, where phones are kept and there is somebody whom push services may write to. Settings: `contact`, and `hosts` (a list)."""
    contact = str(needs.settings.get("contact") or (DEMO_CONTACT if needs.demo else ""))
    if needs.phones is None or not contact:
        return None
    hosts = needs.settings.get("hosts") or ()
    assert isinstance(hosts, (list, tuple))
    return WebPush(vapid_of(needs.key(KEY)), contact, [str(host) for host in hosts], needs.phones, needs.directory, needs.token, ZoneInfo(ZONE), needs.now)
