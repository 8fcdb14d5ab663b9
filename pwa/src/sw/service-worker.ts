// The part that lives when the app is closed: keeps the app's shell, shows every push, posts its receipt, and answers from the lock screen.
import { openWorkerMemory, type WorkerMemory } from "../io/worker-memory";
import { onClick, tell } from "./click";
import { sendCries } from "./cries";
import { sendWaiting } from "./posts";
import { onPush } from "./push";
import { renew, type Changed } from "./renewal";
import { dropOldShells, fromShell, keepShell } from "./shell";

declare const self: ServiceWorkerGlobalScope;

let opened: Promise<WorkerMemory> | null = null;
/** Opened at the first need: a worker that only hands out the shell needs none. */
const memory = () => (opened ??= openWorkerMemory());
const sendAll = async () => sendWaiting(await memory(), (post, reply) => tell(self.registration, post, reply));

self.addEventListener("install", (event) => {
  // A newer one waits until the page says that nobody is in the middle of anything: see `io/updates.ts`.
  event.waitUntil(keepShell().then(() => (self.registration.active ? undefined : self.skipWaiting())));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOldShells().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const answer = fromShell(event.request, self.location.origin);
  if (answer) event.respondWith(answer);
});

self.addEventListener("push", (event) => {
  event.waitUntil(onPush(self.registration, event.data, memory()).finally(sendAll));
});

self.addEventListener("notificationclick", (event) => {
  event.waitUntil(onClick(self.registration, self.clients, memory(), event.notification, event.action));
});

self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(memory().then((one) => renew(self.registration, one, event as Changed)));
});

self.addEventListener("message", (event) => {
  const type = (event.data as { type?: unknown } | null)?.type;
  if (type === "send_waiting") event.waitUntil(sendAll());
  if (type === "take_over") event.waitUntil(self.skipWaiting());
});

// Where browsers have it, the network coming back is told here. What still waits asks to be woken again by failing.
(self as unknown as EventTarget).addEventListener("sync", (event) => {
  const woken = event as ExtendableEvent;
  woken.waitUntil(
    Promise.all([sendCries(), sendAll()]).then(([cries, left]) => {
      if (cries + left > 0) throw new Error("not all sent");
    }),
  );
});
