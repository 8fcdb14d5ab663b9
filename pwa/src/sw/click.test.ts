// Promises about taps on notifications: they open the alarm, or answer it, and say only what the server has confirmed.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { inMemory, type WorkerMemory } from "../io/worker-memory";
import { onClick, openFromNotification, pathWithin, tell } from "./click";
import { sendWaiting } from "./posts";
import { renew } from "./renewal";
import { wordsIn } from "./words";

let memory: WorkerMemory;
const shown: { title: string; options: NotificationOptions }[] = [];
const registration = { showNotification: async (title: string, options: NotificationOptions) => void shown.push({ title, options }) } as unknown as ServiceWorkerRegistration;
const nobody = { matchAll: async () => [], openWindow: vi.fn() } as unknown as Clients;

beforeEach(() => {
  memory = inMemory();
  shown.length = 0;
});
afterEach(() => vi.unstubAllGlobals());

function notification(drill = false, lang = "nb"): Notification {
  const data = { navigate: "https://varde.example/i/a-1", tag: "inc-1", lang, drill, answer: "a-1.1.alarm.proof~phone~1000" };
  return { data, close: vi.fn() } as unknown as Notification;
}

function server(status: number, body: object = {}) {
  const asked = vi.fn(async (_path: string, _init: RequestInit) => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } }));
  vi.stubGlobal("fetch", asked);
  return asked;
}

const said = (asked: ReturnType<typeof server>) => JSON.parse(asked.mock.calls[0]![1].body as string) as Record<string, unknown>;
const click = (action: string, one = notification()) => onClick(registration, nobody, Promise.resolve(memory), one, action);

test.each([["acknowledge", "coming", "Du kommer"], ["acknowledge", "taken", "Du har tatt den"], ["decline", "cannot", "Du kan ikke. Andre varsles."]])(
  "%s that makes one %s is said so, in place of the alarm and without a sound", async (action, stage, title) => {
    const asked = server(200, { at: "2026-11-21T10:00:00Z", repeated: false, reason: null, stage, role: null, open: true });
    await click(action);
    expect(asked).toHaveBeenCalledWith("/api/push/answers", expect.objectContaining({ credentials: "omit" }));
    expect(said(asked)).toMatchObject({ token: "a-1.1.alarm.proof~phone~1000", action });
    expect(said(asked)["age_s"]).toBeLessThan(5);
    expect(shown.map((one) => one.title)).toEqual([title]);
    expect(shown[0]!.options).toMatchObject({ tag: "inc-1", silent: true });
    expect(await memory.posts()).toEqual([]);
  },
);

test("an answer in a drill says so first, in each language", async () => {
  server(200, { reason: null, stage: "coming" });
  for (const lang of ["nb", "nn", "en"]) await click("acknowledge", notification(true, lang));
  expect(shown.map((one) => one.title)).toEqual(["ØVELSE: Du kommer", "ØVING: Du kjem", "EXERCISE: You are coming"]);
});

test.each([["nb", "Forlenget. Neste frist 15:30"], ["nn", "Forlengd. Neste frist 15:30"], ["en", "Extended. Next deadline 15:30"]])(
  "a quarter of an hour more on a visit says the new deadline, as the server has it (%s)", async (lang, title) => {
    const asked = server(200, { reason: null, stage: null, open: true, deadline: "15:30" });
    await click("extend_15", notification(false, lang));
    expect(said(asked)).toMatchObject({ token: "a-1.1.alarm.proof~phone~1000", action: "extend_15" });
    expect(shown.map((one) => one.title)).toEqual([title]);
    expect(shown[0]!.options).toMatchObject({ silent: true });
  },
);

test.each([[409, "extended_enough"], [409, "ended"], [403, "bad_token"], [404, "unknown_visit"]])("more time refused with %i %s is never said to be given", async (status, reason) => {
  server(status, { reason });
  await click("extend_15");
  expect(shown.map((one) => one.title)).toEqual(["Ikke forlenget. Sjekk inn i appen"]);
  expect(shown[0]!.options).toMatchObject({ requireInteraction: true });
});

test("checking out from a reminder only opens the app", async () => {
  const asked = server(200);
  await click("open");
  expect(asked).not.toHaveBeenCalled();
  expect(nobody.openWindow).toHaveBeenCalled();
});

test("a late answer is told as the question that it has become", async () => {
  server(200, { reason: "too_old", stage: "asked" });
  await click("acknowledge");
  expect(shown.map((one) => one.title)).toEqual(["Svaret kom sent fram. Kommer du?"]);
});

test.each([[409, "ended", "Alarmen er avsluttet"], [409, "not_allowed", "Svaret ble ikke tatt imot"], [403, "bad_token", "Svaret ble ikke tatt imot"], [404, "unknown_alarm", "Svaret ble ikke tatt imot"]])(
  "an answer refused with %i %s is never said to be given", async (status, reason, title) => {
    server(status, { reason });
    await click("acknowledge");
    expect(shown.map((one) => one.title)).toEqual([title]);
    expect(shown[0]!.options).toMatchObject({ silent: false, requireInteraction: true });
    expect(await memory.posts()).toEqual([]);
  },
);

test("an answer without network is kept, said to be unsent, and sent with its age when the network is back", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new Error("no network")));
  await click("acknowledge");
  expect(shown.map((one) => one.title)).toEqual(["Svaret er ikke bekreftet. Prøver videre"]);
  const [post] = await memory.posts();
  await memory.addPost({ ...post!, made_ms: Date.now() - 90_000 });
  const asked = server(200, { reason: "too_old", stage: "asked" });
  expect(await sendWaiting(memory, (one, reply) => tell(registration, one, reply))).toBe(0);
  expect(said(asked)["age_s"]).toBeGreaterThanOrEqual(90);
  expect(shown.at(-1)!.title).toBe("Svaret kom sent fram. Kommer du?");
});

test("an answer that is too old to send is said to be not taken", async () => {
  await memory.addPost({ id: "old", kind: "answer", path: "/api/push/answers", body: {}, made_ms: Date.now() - 3_600_000, about: { tag: "t", navigate: "/", lang: "en", drill: false } });
  const asked = server(200);
  await sendWaiting(memory, (one, reply) => tell(registration, one, reply));
  expect(asked).not.toHaveBeenCalled();
  expect(shown.map((one) => one.title)).toEqual(["Your answer was not taken"]);
});

test("a tap on the notification itself answers nothing and opens the alarm", async () => {
  const asked = server(200);
  const opened = vi.fn();
  const one = notification();
  await onClick(registration, { matchAll: async () => [], openWindow: opened } as unknown as Clients, Promise.resolve(memory), one, "");
  expect(asked).not.toHaveBeenCalled();
  expect(one.close).toHaveBeenCalled();
  expect(opened).toHaveBeenCalledOnce();
});

test("an open page is asked to go there, and made to when it does not say that it has", async () => {
  const page = (answers: boolean) => ({
    visibilityState: "visible", focus: vi.fn(async () => undefined), navigate: vi.fn(async () => undefined),
    postMessage: vi.fn((_: unknown, [port]: MessagePort[]) => (answers ? port!.postMessage("gone") : undefined)),
  });
  const [willing, deaf] = [page(true), page(false)];
  for (const one of [willing, deaf]) await openFromNotification({ matchAll: async () => [one] } as unknown as Clients, "/i/a-1");
  expect(willing.postMessage.mock.calls[0]![0]).toEqual({ type: "open", path: "/i/a-1" });
  expect([willing.focus, deaf.focus].every((focus) => focus.mock.calls.length === 1)).toBe(true);
  expect(willing.navigate).not.toHaveBeenCalled();
  expect(deaf.navigate).toHaveBeenCalledWith("/i/a-1");
});

test("a notification never opens another place than this app", () => {
  expect(pathWithin("/i/a-1")).toBe("/i/a-1");
  expect(pathWithin(`${location.origin}/i/a-1`)).toBe("/i/a-1");
  expect(pathWithin("https://elsewhere.example/i/a-1")).toBe("/");
  expect(pathWithin("javascript:alert(1)")).toBe("/");
});

test("a subscription that the browser has changed is told by the phone's secret, or kept until it can be", async () => {
  await memory.keep("phone", { id: "7f3c2d51-phone", secret: "s".repeat(30) });
  const fresh = { toJSON: () => ({ endpoint: "https://push.example/new", keys: { p256dh: "p", auth: "a" } }) } as unknown as PushSubscription;
  vi.stubGlobal("fetch", () => Promise.reject(new Error("no network")));
  await renew(registration, memory, { newSubscription: fresh });
  const asked = server(200);
  expect(await sendWaiting(memory, async () => undefined)).toBe(0);
  expect(asked.mock.calls[0]![0]).toBe("/api/push/phones/7f3c2d51-phone/renewal");
  expect(said(asked)).toMatchObject({ secret: "s".repeat(30), subscription: { endpoint: "https://push.example/new" } });
});

test("a browser that only takes the subscription away is subscribed again with the server's key", async () => {
  await memory.keep("phone", { id: "7f3c2d51-phone", secret: "s".repeat(30) });
  await memory.keep("push_key", "BKey");
  const subscribe = vi.fn(async () => ({ toJSON: () => ({ endpoint: "https://push.example/again" }) }));
  const asked = server(200);
  await renew({ pushManager: { subscribe } } as unknown as ServiceWorkerRegistration, memory, {});
  expect(subscribe).toHaveBeenCalledWith({ userVisibleOnly: true, applicationServerKey: "BKey" });
  expect(said(asked)).toMatchObject({ subscription: { endpoint: "https://push.example/again" } });
});

test("what the worker says has all its words in three languages, without exclamation marks", () => {
  const texts = (language: string) => JSON.stringify(wordsIn(language)).match(/"[^"]+"/g)!;
  expect(texts("nn").length).toBe(texts("nb").length);
  expect(texts("en").length).toBe(texts("nb").length);
  for (const language of ["nb", "nn", "en"]) expect(JSON.stringify(wordsIn(language))).not.toMatch(/!|""/);
});
