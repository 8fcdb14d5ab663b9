// A tap on a notification: opens the alarm in the app, or answers it from where one is.
import { NOTICE_ICON } from "../core/notice-icons";
import { uuid7 } from "../core/uuid7";
import type { WaitingPost, WorkerMemory } from "../io/worker-memory";
import { askToBeWoken, sendOrKeep, type Reply } from "./posts";
import { hint, record, string, type NotificationData } from "./push";
import { wordsIn, type WorkerWords } from "./words";

/** How long an open page has to say that it has gone there; then it is made to. */
const page_patience_ms = 1000;
const slow_ms = 1500;

export async function onClick(
  registration: ServiceWorkerRegistration, clients: Clients, memory: Promise<WorkerMemory>, notification: Notification, action: string,
): Promise<void> {
  const data = readData(notification.data);
  notification.close();
  if ((action === "acknowledge" || action === "decline" || action === "extend_15") && data.answer) {
    return answer(registration, await memory, data, data.answer, action);
  }
  await openFromNotification(clients, data.navigate);
}

async function answer(
  registration: ServiceWorkerRegistration, memory: WorkerMemory, data: NotificationData, token: string, action: string,
): Promise<void> {
  const post: WaitingPost = {
    id: uuid7(), kind: "answer", path: "/api/push/answers", body: { token, action }, made_ms: Date.now(),
    about: { tag: data.tag, navigate: data.navigate, lang: data.lang, drill: data.drill },
  };
  // Whoever taps with a shaking hand must see that it was noticed, also where the network is slow.
  const slow = setTimeout(() => void tell(registration, post, "sending"), slow_ms);
  const reply = await sendOrKeep(memory, post);
  clearTimeout(slow);
  await tell(registration, post, reply ?? "kept");
  if (!reply) await askToBeWoken(registration);
}

/** Says what has become of an answer: only what the server has confirmed is said as done. */
export async function tell(registration: ServiceWorkerRegistration, post: WaitingPost, reply: Reply | "sending" | "kept" | null): Promise<void> {
  if (post.kind !== "answer" || !post.about) return;
  const { tag, navigate, lang, drill } = post.about;
  const words = wordsIn(lang);
  const visit = post.body["action"] === "extend_15";
  const title = reply === "sending" || reply === "kept" ? words[reply] : visit ? longer(reply, words) : reply === null ? words.refused : sentence(reply, words);
  const done = typeof reply === "object" && reply !== null && reply.status < 300;
  const data: NotificationData = { navigate, tag, lang, drill, answer: null };
  const options: NotificationOptions = { body: words.open, tag, lang, icon: NOTICE_ICON, silent: done || reply === "sending", requireInteraction: !done, data };
  await registration.showNotification(drill ? words.drill + title : title, options);
  await hint();
}

/** More time on a visit: the new deadline is said, which only the server knows. */
function longer(reply: Reply | null, words: WorkerWords): string {
  const deadline = reply && reply.status < 300 ? string(reply.body["deadline"]) : null;
  return deadline ? words.longer.replace("{time}", deadline) : words.not_longer;
}

function sentence(reply: Reply, words: WorkerWords): string {
  if (reply.status >= 300) return reply.reason === "ended" ? words.ended : words.refused;
  if (reply.reason === "too_old") return words.late;
  const stages: Record<string, string> = { coming: words.coming, taken: words.taken, there: words.there, cannot: words.cannot };
  return stages[string(reply.body["stage"]) ?? ""] ?? words.refused;
}

export async function openFromNotification(clients: Clients, navigate: string): Promise<void> {
  const path = pathWithin(navigate);
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = windows.find((one) => one.visibilityState === "visible") ?? windows[0];
  if (!page) return void (await clients.openWindow(path));
  await page.focus().catch(() => undefined);
  // Asked first: a page that goes there by itself keeps what it is doing, an SOS that is being held for example.
  if (await askedToGo(page, path)) return;
  await page.navigate(path).catch(() => clients.openWindow(path));
}

function askedToGo(page: WindowClient, path: string): Promise<boolean> {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    const timer = setTimeout(() => done(false), page_patience_ms);
    port1.onmessage = () => {
      clearTimeout(timer);
      port1.close();
      done(true);
    };
    page.postMessage({ type: "open", path }, [port2]);
  });
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

function readData(value: unknown): NotificationData {
  const data = record(value);
  return {
    navigate: string(data["navigate"]) ?? "/", tag: string(data["tag"]) ?? "varde", lang: string(data["lang"]) ?? "nb", drill: data["drill"] === true,
    answer: string(data["answer"]),
  };
}
