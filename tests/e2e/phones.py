"""A phone of the end-to-end tests: a real browser whose push service is ours, and whose pushes are delivered through the DevTools protocol."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Browser, CDPSession

from tests.e2e.parts import PHONE, Screen, until
from tests.push_service import Mailbox, PushService
from tests.stack import Stack

# Debian's Chromium has no push service to subscribe to: the subscription is one of ours, everything after it is the browser's own.
SUBSCRIBE = """
(() => {
  const given = %s;
  let subscribed = localStorage.getItem('pushed') === 'yes';
  const subscription = (key) => ({
    endpoint: given.endpoint, expirationTime: null, options: { userVisibleOnly: true, applicationServerKey: key },
    toJSON: () => ({ endpoint: given.endpoint, expirationTime: null, keys: given.keys }),
    unsubscribe: async () => { localStorage.removeItem('pushed'); subscribed = false; return true; },
  });
  let asked = null;
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
    if (given.fails) throw new DOMException('no push service', 'AbortError');
    asked = applicationServerKey; subscribed = true; localStorage.setItem('pushed', 'yes');
    return subscription(null);
  };
  PushManager.prototype.getSubscription = async () => (subscribed ? subscription(null) : null);
})();
"""

DISPLAYED = "Notification displayed"
"""As the browser's DevTools call it."""


class PushedPhone(Screen):
    """A person at a phone that can be pushed to. `deliver` hands to its service worker what the push service has decrypted for it."""

    def __init__(
        self, browser: Browser, stack: Stack, service: PushService, name: str, language: str = "nb", look: str = "light", allowed: bool = True,
        fails: bool = False,
    ) -> None:
        super().__init__(browser, stack, PHONE, language, look)
        self.box: Mailbox = service.mailbox(f"{name}-{id(self)}")
        if allowed:
            self.context.grant_permissions(["notifications"], origin=stack.url)
        self.context.add_init_script(SUBSCRIBE % json.dumps({"endpoint": self.box.endpoint, "keys": self.box.keys, "fails": fails}))
        self._cdp: CDPSession | None = None
        self._registration: str | None = None
        self._lived: list[str] = []
        """What the browser said of the worker, of pushes and of notifications since somebody first looked at it."""
        self._origin = stack.url

    def ready(self) -> PushedPhone:
        """The service worker runs, and the server knows the phone."""
        until(lambda: self.page.evaluate("navigator.serviceWorker.controller !== null"), what="the service worker has the page")
        return self

    def subscribed(self) -> PushedPhone:
        until(lambda: self._phones(), what="the server knows this phone")
        return self

    def _phones(self) -> list[dict[str, Any]]:
        return self.page.evaluate("fetch('/api/push').then((answer) => answer.json())")["phones"]  # type: ignore[no-any-return]

    def health(self) -> str:
        phones = self._phones()
        return str(phones[0]["health"]) if phones else "none"

    def pushes(self, more_than: int = 0) -> list[Any]:
        """What lies in the mailbox, waited for."""
        return until(lambda: self.box.got if len(self.box.got) > more_than else None, what="a push at the push service")  # type: ignore[no-any-return]

    def deliver(self, plain: bytes | str) -> None:
        """The push arrives: a real push event in the real service worker, also when it had been stopped. Looked at only when the browser has shown what
        came of it: asking Chromium for its notifications may make it forget one that it is just about to show."""
        cdp, registration = self._worker()
        text = plain.decode() if isinstance(plain, bytes) else plain
        shown = self._lived.count(DISPLAYED)
        cdp.send("ServiceWorker.deliverPushMessage", {"origin": self._origin, "registrationId": registration, "data": text})
        try:
            until(lambda: self.page.wait_for_timeout(20) or self._lived.count(DISPLAYED) > shown, what="a notification is shown")
        except AssertionError as error:
            raise AssertionError(f"{error}; the worker: {self._lived[-12:]}") from None
        until(self.notifications, what="a notification")

    def notifications(self) -> list[dict[str, Any]]:
        """What stands on the lock screen."""
        return self.page.evaluate(  # type: ignore[no-any-return]
            """async () => { const registration = await navigator.serviceWorker.getRegistration();
            const some = await registration.getNotifications();
            return some.map((one) => ({ title: one.title, body: one.body, tag: one.tag, lang: one.lang, silent: one.silent, data: one.data,
              actions: one.actions.map((action) => [action.action, action.title]), requireInteraction: one.requireInteraction })); }"""
        )

    def titles(self) -> list[str]:
        return [one["title"] for one in self.notifications()]

    def tap(self, action: str = "") -> None:
        """A tap on the newest notification, or on one of its buttons: dispatched inside the worker, as the browser does."""
        worker = self.context.service_workers[0]
        worker.evaluate(
            """async (action) => { const [notification] = (await self.registration.getNotifications()).reverse();
            const event = new NotificationEvent('notificationclick', { notification, action });
            const waits = []; event.waitUntil = (work) => waits.push(work); self.dispatchEvent(event); await Promise.allSettled(waits); }""",
            action,
        )

    def stop_worker(self) -> None:
        """The browser puts the worker away, as it does after half a minute."""
        cdp, _ = self._worker()
        cdp.send("ServiceWorker.stopAllWorkers")

    def _worker(self) -> tuple[CDPSession, str]:
        if self._cdp is None or self._registration is None:
            found: list[str] = []
            self._cdp = self.context.new_cdp_session(self.page)
            self._cdp.on(
                "ServiceWorker.workerRegistrationUpdated",
                lambda event: found.extend(one["registrationId"] for one in event["registrations"] if not one["isDeleted"]),
            )
            self._cdp.on("ServiceWorker.workerErrorReported", lambda event: self._lived.append(event["errorMessage"]["errorMessage"]))
            self._cdp.on(
                "ServiceWorker.workerVersionUpdated",
                lambda event: self._lived.extend(f"{one['versionId']} {one['status']} {one['runningStatus']}" for one in event["versions"]),
            )
            self._cdp.on("BackgroundService.backgroundServiceEventReceived", lambda event: self._lived.append(event["backgroundServiceEvent"]["eventName"]))
            for service in ("pushMessaging", "notifications"):
                self._cdp.send("BackgroundService.setRecording", {"shouldRecord": True, "service": service})
                self._cdp.send("BackgroundService.startObserving", {"service": service})
            self._cdp.send("ServiceWorker.enable")
            until(lambda: self.page.wait_for_timeout(20) or found, what="the worker's registration")
            self._registration = found[-1]
        return self._cdp, self._registration
