// A push becomes a notification, every time; only then is its receipt posted.
import { fallback } from "./words";

export interface PushContent {
  title: string;
  options: NotificationOptions;
  receipt: string | null;
}

/** Accepts any payload, or none: a push without a notification costs the phone its subscription. */
export function readPush(text: string | null, language: string): PushContent {
  const raw = parse(text);
  const notification = record(raw["notification"]);
  const data = record(notification["data"]);
  const words = fallback(string(notification["lang"]) ?? language);
  return {
    title: string(notification["title"]) ?? words.title,
    options: {
      body: string(notification["body"]) ?? words.body,
      tag: string(notification["tag"]) ?? "varde",
      lang: string(notification["lang"]) ?? language,
      icon: "/icons/varde-192.png",
      requireInteraction: true,
      data: { navigate: string(notification["navigate"]) ?? "/" },
    },
    receipt: string(data["rcpt"]),
  };
}

export async function onPush(registration: ServiceWorkerRegistration, message: PushMessageData | null): Promise<void> {
  const { title, options, receipt } = readPush(textOf(message), navigator.language);
  // Shown first: a receipt that hangs or fails must never hide an alarm, and one for an unseen alarm would be a lie.
  await registration.showNotification(title, options);
  if (receipt) await postReceipt(receipt);
}

async function postReceipt(token: string): Promise<void> {
  try {
    await fetch("/api/push/receipts", {
      method: "POST", credentials: "omit", keepalive: true, headers: { "content-type": "application/json" }, body: JSON.stringify({ token }),
    });
  } catch {
    // Without a receipt the server goes on to the next channel, which is the safe side.
  }
}

export async function openFromNotification(clients: Clients, data: unknown): Promise<void> {
  const path = pathWithin(string(record(data)["navigate"]) ?? "/");
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const first = windows[0];
  if (!first) return void (await clients.openWindow(path));
  await first.focus().catch(() => undefined);
  await first.navigate(path).catch(() => clients.openWindow(path));
}

/** A notification only ever opens this app. */
export function pathWithin(address: string): string {
  try {
    const url = new URL(address, location.origin);
    return url.origin === location.origin ? url.pathname : "/";
  } catch {
    return "/";
  }
}

function textOf(message: PushMessageData | null): string | null {
  try {
    return message?.text() ?? null;
  } catch {
    return null;
  }
}

function parse(text: string | null): Record<string, unknown> {
  try {
    return record(JSON.parse(text ?? ""));
  } catch {
    return {};
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function string(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
