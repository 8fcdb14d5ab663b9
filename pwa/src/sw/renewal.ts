// The browser has changed the subscription by itself: the server is told by the phone's own secret, for the session may be over.
import { uuid7 } from "../core/uuid7";
import type { PhoneIdentity, WorkerMemory } from "../io/worker-memory";
import { askToBeWoken, sendOrKeep } from "./posts";

export interface Changed {
  oldSubscription?: PushSubscription | null;
  newSubscription?: PushSubscription | null;
}

/** A bonus: browsers forget to say it. The app looks by itself at each start. */
export async function renew(registration: ServiceWorkerRegistration, memory: WorkerMemory, changed: Changed): Promise<void> {
  const phone = await memory.kept<PhoneIdentity>("phone");
  if (!phone) return;
  const subscription = changed.newSubscription ?? (await subscribeAgain(registration, memory, changed.oldSubscription ?? null));
  if (!subscription) return;
  const reply = await sendOrKeep(memory, {
    id: uuid7(), kind: "renewal", path: `/api/push/phones/${phone.id}/renewal`, made_ms: Date.now(),
    body: { secret: phone.secret, subscription: subscription.toJSON() as Record<string, unknown> },
  });
  if (!reply) await askToBeWoken(registration);
}

async function subscribeAgain(
  registration: ServiceWorkerRegistration, memory: WorkerMemory, old: PushSubscription | null,
): Promise<PushSubscription | null> {
  const key = old?.options.applicationServerKey ?? (await memory.kept<string>("push_key"));
  if (!key) return null;
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }).catch(() => null);
}
