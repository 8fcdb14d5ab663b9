// Promises about this phone towards web push: it signs up at every start, mends what has vanished, and calls nothing shown that was not.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { KnownPhone } from "../core/phone";
import { PushPhone } from "./push-phone";

interface Call {
  method: string;
  path: string;
  body: Record<string, unknown> | null;
}

const key = "AQID";
let calls: Call[];
let known: KnownPhone | null;
let answers: (call: Call) => { status: number; body: unknown };
let there: PushSubscription | null;
let subscribes: ReturnType<typeof vi.fn<() => Promise<PushSubscription>>>;
let permission: NotificationPermission;

function subscription(endpoint: string, server_key = [1, 2, 3]): PushSubscription {
  return {
    endpoint, options: { applicationServerKey: new Uint8Array(server_key).buffer, userVisibleOnly: true },
    toJSON: () => ({ endpoint, keys: { p256dh: "p", auth: "a" } }),
    unsubscribe: vi.fn(async () => {
      there = null;
      return true;
    }),
  } as unknown as PushSubscription;
}

beforeEach(() => {
  calls = [];
  known = null;
  there = null;
  permission = "granted";
  answers = ({ method, path }) => {
    if (path === "/api/push") return { status: 200, body: { key, sms: true, phones: known ? [known] : [] } };
    if (method === "PUT") known = { id: path.split("/").at(-1)!, label: "", health: "unsure", trouble: "", sent_at: null, shown_at: null };
    return { status: 200, body: method === "PUT" ? known : { word: "accepted", sent: true } };
  };
  subscribes = vi.fn(async () => (there = subscription("https://push.example/new")));
  vi.stubGlobal("fetch", async (path: string, { method, body }: { method: string; body?: string }) => {
    const call = { method, path, body: body ? (JSON.parse(body) as Record<string, unknown>) : null };
    calls.push(call);
    const { status, body: answer } = answers(call);
    return new Response(JSON.stringify(answer), { status, headers: { "content-type": "application/json" } });
  });
  const registration = { pushManager: { getSubscription: async () => there, subscribe: subscribes }, active: null };
  vi.stubGlobal("navigator", { ...navigator, userAgent: "Android", maxTouchPoints: 5, serviceWorker: { ready: Promise.resolve(registration), getRegistration: async () => registration } });
  vi.stubGlobal("PushManager", class {});
  vi.stubGlobal("Notification", { get permission() { return permission; }, requestPermission: async () => (permission = "granted") });
  vi.stubGlobal("matchMedia", () => ({ matches: true }));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const made = () => {
  const phone = new PushPhone(() => true);
  phone.speak("nn");
  return phone;
};
const puts = () => calls.filter((call) => call.method === "PUT");

test("a phone that may be pushed to subscribes and signs up, in the language of the app", async () => {
  const phone = made();
  await phone.sync();
  expect(subscribes).toHaveBeenCalledWith({ userVisibleOnly: true, applicationServerKey: key });
  expect(puts()).toHaveLength(1);
  expect(puts()[0]!.body).toMatchObject({ language: "nn", label: "Android, app", subscription: { endpoint: "https://push.example/new" } });
  expect(phone.facts.get()).toMatchObject({ subscribed: true, permission: "granted", server: { pushes: true, sms: true } });
});

test("nothing is asked for or subscribed to before somebody has tapped", async () => {
  permission = "default";
  const phone = made();
  await phone.sync();
  expect([subscribes.mock.calls.length, puts().length]).toEqual([0, 0]);
  expect(phone.facts.get()).toMatchObject({ permission: "default", subscribed: false });
  await phone.allow();
  expect([subscribes.mock.calls.length, puts().length]).toEqual([1, 1]);
});

test("the phone's id and secret stay the same, and each start signs up again", async () => {
  await made().sync();
  await made().sync();
  const [first, again] = puts();
  expect([again!.path, again!.body!["secret"]]).toEqual([first!.path, first!.body!["secret"]]);
  expect(String(first!.body!["secret"]).length).toBeGreaterThan(30);
});

test("a subscription made with another server's key is given up for one with this one's", async () => {
  const old = subscription("https://push.example/old", [9, 9, 9]);
  there = old;
  await made().sync();
  expect(old.unsubscribe).toHaveBeenCalled();
  expect(puts()[0]!.body).toMatchObject({ subscription: { endpoint: "https://push.example/new" } });
});

test("a subscription that the push service has given up is not offered again", async () => {
  const phone = made();
  await phone.sync();
  const dead = there!;
  known = { ...known!, health: "dead" };
  await phone.sync(true);
  expect(dead.unsubscribe).toHaveBeenCalled();
  expect(subscribes).toHaveBeenCalledTimes(2);
});

test("a push service that does not answer is told as what it is", async () => {
  subscribes.mockRejectedValue(new DOMException("no", "AbortError"));
  const phone = made();
  await phone.sync();
  expect(phone.facts.get()).toMatchObject({ failed: true, subscribed: false });
});

test("a server that does not answer leaves everything unknown, and nothing broken", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new Error("no network")));
  const phone = made();
  await phone.sync();
  expect(phone.facts.get()?.server).toBeNull();
});

test("an id that belongs to another phone is given up for a new one", async () => {
  const real = answers;
  answers = (call) => (call.method === "PUT" ? { status: 409, body: { reason: "not_this_phone" } } : real(call));
  const phone = made();
  await phone.sync();
  answers = real;
  await phone.sync();
  const [refused, taken] = puts();
  expect(taken!.path).not.toBe(refused!.path);
});

test("a test message is called shown only when the server has the phone's own receipt", async () => {
  vi.useFakeTimers();
  const phone = made();
  const trying = phone.tryIt();
  await vi.advanceTimersByTimeAsync(100);
  await trying;
  expect(phone.test.get()).toBe("waiting");
  await vi.advanceTimersByTimeAsync(3000);
  expect(phone.test.get()).toBe("waiting");
  known = { ...known!, shown_at: "2026-11-21T10:00:05Z", health: "fine" };
  await vi.advanceTimersByTimeAsync(2000);
  expect(phone.test.get()).toBe("shown");
});

test("a test message that is not shown in half a minute is called not shown", async () => {
  vi.useFakeTimers();
  const phone = made();
  const trying = phone.tryIt();
  await vi.advanceTimersByTimeAsync(100);
  await trying;
  await vi.advanceTimersByTimeAsync(33_000);
  expect(phone.test.get()).toBe("not_shown");
});

test("a test message that the push service does not take is said to be just that", async () => {
  const real = answers;
  answers = (call) => (call.path.endsWith("/test") ? { status: 200, body: { word: "gone", sent: false } } : real(call));
  const phone = made();
  await phone.tryIt();
  expect(phone.test.get()).toBe("not_taken");
});

test("signing out takes the phone off the server and off the push service", async () => {
  const phone = made();
  await phone.sync();
  const given = there!;
  await phone.signOff();
  expect(calls.some((call) => call.method === "DELETE" && call.path === puts()[0]!.path)).toBe(true);
  expect(given.unsubscribe).toHaveBeenCalled();
});
