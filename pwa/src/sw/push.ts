// A push becomes a notification, every time; only then is its receipt posted.
import { NOTICE_BADGE, NOTICE_ICON } from "../core/notice-icons";
import { uuid7 } from "../core/uuid7";
import type { WorkerMemory } from "../io/worker-memory";
import { askToBeWoken, sendOrKeep } from "./posts";
import { wordsIn } from "./words";

export interface NotificationData {
  navigate: string;
  tag: string;
  lang: string;
  drill: boolean;
  /** The one-time token with which the buttons answer; null where there are none. */
  answer: string | null;
}

export interface PushContent {
  title: string;
  options: NotificationOptions & { renotify?: boolean; actions?: { action: string; title: string }[]; timestamp?: number; data: NotificationData };
  receipt: string | null;
  /** When the server sent it; 0 where it does not say. */
  sent_ms: number;
  badge: number | null;
}

/** Not worth hiding an alarm for: a memory that does not answer is done without. */
const memory_patience_ms = 300;
const remembered = 20;
const stays: readonly string[] = ["alarm", "changed", "may_be_over", "ask"];

/** Accepts any payload, or none: a push without a notification costs the phone its subscription. */
export function readPush(text: string | null, language: string): PushContent {
  const raw = parse(text);
  const notification = record(raw["notification"]);
  const data = record(notification["data"]);
  const lang = string(notification["lang"]) ?? language;
  const words = wordsIn(lang);
  const tag = string(notification["tag"]) ?? "varde";
  const receipt = string(data["rcpt"]);
  const sent_ms = sentAt(receipt);
  const silent = notification["silent"] === true;
  const known = string(notification["title"]) !== null;
  return {
    title: string(notification["title"]) ?? words.unknown.title,
    options: {
      body: string(notification["body"]) ?? words.unknown.body,
      tag,
      lang,
      icon: NOTICE_ICON,
      badge: NOTICE_BADGE,
      silent,
      // The newer one of an alarm takes the older one's place, and is heard again.
      renotify: !silent,
      requireInteraction: !known || stays.includes(string(data["kind"]) ?? ""),
      actions: actionsOf(notification["actions"]),
      ...(sent_ms > 0 ? { timestamp: sent_ms } : {}),
      data: { navigate: string(notification["navigate"]) ?? "/", tag, lang, drill: data["drill"] === true, answer: string(data["answer"]) },
    },
    receipt,
    sent_ms,
    badge: typeof raw["app_badge"] === "number" ? raw["app_badge"] : null,
  };
}

export async function onPush(registration: ServiceWorkerRegistration, message: PushMessageData | null, memory: Promise<WorkerMemory>): Promise<void> {
  const kept = (name: string) => inTime(memory.then((one) => one.kept<unknown>(name)));
  const [language, known] = await Promise.all([kept("language"), kept("newest")]);
  const content = readPush(textOf(message), string(language) ?? navigator.language);
  const newest = asContent(record(known)[content.options.data.tag]);
  const overtaken = newest !== null && newest.sent_ms > content.sent_ms && content.sent_ms > 0;
  // What comes late must not take the place of what came after it: an alarm that has ended stays ended on the lock screen.
  const shown = overtaken ? { ...newest, options: { ...newest.options, silent: true, renotify: false } } : content;
  await show(registration, shown);
  // Shown first: a receipt that hangs or fails must never hide an alarm, and one for an unseen alarm would be a lie.
  await Promise.allSettled([
    content.receipt ? postReceipt(registration, await memory, content.receipt) : null,
    overtaken ? null : memory.then((one) => one.keep("newest", withNewest(record(known), content))),
    content.badge !== null && !overtaken ? setBadge(content.badge) : null,
    hint(),
  ]);
}

/** The last few of them, one for each alarm. */
function withNewest(known: Record<string, unknown>, content: PushContent): Record<string, PushContent> {
  const all = Object.values({ ...known, [content.options.data.tag]: content }).map(asContent).filter((one) => one !== null);
  all.sort((one, other) => other.sent_ms - one.sent_ms);
  return Object.fromEntries(all.slice(0, remembered).map((one) => [one.options.data.tag, one]));
}

/** An option that this browser refuses must not cost the notification. */
async function show(registration: ServiceWorkerRegistration, content: PushContent): Promise<void> {
  try {
    await registration.showNotification(content.title, content.options);
  } catch {
    const { body, tag, lang, data } = content.options;
    await registration.showNotification(content.title, { body, tag, lang, data } as NotificationOptions);
  }
}

async function postReceipt(registration: ServiceWorkerRegistration, memory: WorkerMemory, token: string): Promise<void> {
  const reply = await sendOrKeep(memory, { id: uuid7(), kind: "receipt", path: "/api/push/receipts", body: { token }, made_ms: Date.now() });
  if (!reply) await askToBeWoken(registration);
}

async function setBadge(count: number): Promise<void> {
  await (navigator as { setAppBadge?: (count: number) => Promise<void> }).setAppBadge?.(count);
}

/** An open page looks at once. It looks by itself too: some phones do not pass this on. */
export async function hint(): Promise<void> {
  try {
    const channel = new BroadcastChannel("varde");
    channel.postMessage({ type: "look" });
    channel.close();
  } catch {
    // Without it the page looks when it comes into view.
  }
}

/** The third part of a receipt's token is when the push was sent, in milliseconds. */
function sentAt(receipt: string | null): number {
  const part = receipt?.split("~")[2] ?? "";
  return /^\d{1,15}$/.test(part) ? Number(part) : 0;
}

function actionsOf(raw: unknown): { action: string; title: string }[] {
  const some = Array.isArray(raw) ? raw.map(record) : [];
  return some
    .map((one) => ({ action: string(one["action"]) ?? "", title: string(one["title"]) ?? "" }))
    .filter((one) => one.action !== "" && one.title !== "")
    .slice(0, 2);
}

function asContent(value: unknown): PushContent | null {
  const one = record(value);
  return typeof one["sent_ms"] === "number" && typeof one["title"] === "string" && "options" in one ? (value as PushContent) : null;
}

async function inTime<T>(work: Promise<T>): Promise<T | null> {
  return Promise.race([work.catch(() => null), new Promise<null>((done) => setTimeout(() => done(null), memory_patience_ms))]);
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

export function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

export function string(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
