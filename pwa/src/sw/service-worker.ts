// The part that lives when the app is closed: keeps the app's shell, shows every push, and posts its receipt.
import { onPush, openFromNotification } from "./push";
import { fromShell, keepShell, dropOldShells } from "./shell";

declare const self: ServiceWorkerGlobalScope;

self.addEventListener("install", (event) => {
  event.waitUntil(keepShell().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOldShells().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const answer = fromShell(event.request, self.location.origin);
  if (answer) event.respondWith(answer);
});

self.addEventListener("push", (event) => {
  event.waitUntil(onPush(self.registration, event.data));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openFromNotification(self.clients, event.notification.data));
});
