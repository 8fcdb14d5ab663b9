// Promises about what happens when a push arrives.
import { afterEach, expect, test, vi } from "vitest";
import { onPush, pathWithin, readPush } from "./push";
import { fromShell, isAppRoute } from "./shell";

vi.stubGlobal("__SHELL__", [{ url: "/assets/app.js", revision: "1" }]);
afterEach(() => vi.restoreAllMocks());

const good = JSON.stringify({ web_push: 8030, notification: { title: "ALARM 14:03 – åpne Varde", body: "Følg kortet.", navigate: "/i/a-1", tag: "inc-1", data: { rcpt: "token" } } });
const message = (text: string) => ({ text: () => text }) as PushMessageData;

test.each([null, "", "not json", "[]", "{}", '{"notification":7}', '{"notification":{"title":""}}'])("a push with %j becomes a notification with words", (text) => {
  const { title, options } = readPush(text, "nb-NO");
  expect(title.length).toBeGreaterThan(5);
  expect(options.body?.length).toBeGreaterThan(5);
});

test("a push's own words are used, and its token is its receipt", () => {
  expect(readPush(good, "en")).toMatchObject({ title: "ALARM 14:03 – åpne Varde", receipt: "token", options: { tag: "inc-1", data: { navigate: "/i/a-1" } } });
});

test("the notification is shown before the receipt is posted", async () => {
  const order: string[] = [];
  const registration = { showNotification: async () => void order.push("shown") } as unknown as ServiceWorkerRegistration;
  vi.stubGlobal("fetch", async () => void order.push("receipt"));
  await onPush(registration, message(good));
  expect(order).toEqual(["shown", "receipt"]);
});

test("a notification that could not be shown is not receipted", async () => {
  const receipts = vi.fn();
  vi.stubGlobal("fetch", receipts);
  const registration = { showNotification: () => Promise.reject(new Error("no permission")) } as unknown as ServiceWorkerRegistration;
  await onPush(registration, message(good)).catch(() => undefined);
  expect(receipts).not.toHaveBeenCalled();
});

test("a receipt that fails leaves the notification standing", async () => {
  const shown = vi.fn(async () => undefined);
  vi.stubGlobal("fetch", () => Promise.reject(new Error("no network")));
  await onPush({ showNotification: shown } as unknown as ServiceWorkerRegistration, message(good));
  expect(shown).toHaveBeenCalledOnce();
});

test("a notification never opens another place than this app", () => {
  expect(pathWithin("/i/a-1")).toBe("/i/a-1");
  expect(pathWithin("https://elsewhere.example/i/a-1")).toBe("/");
  expect(pathWithin("javascript:alert(1)")).toBe("/");
});

test("nothing under /api is ever answered from what is kept", () => {
  const origin = "https://varde.example";
  for (const path of ["/api/alarms", "/api/session", "/api/live"]) expect(fromShell(new Request(origin + path), origin)).toBeNull();
  expect(fromShell(new Request(`${origin}/assets/app.js`, { method: "POST" }), origin)).toBeNull();
});

test("the app's own addresses open off line, others do not", () => {
  expect(["/", "/desk", "/i/a-1", "/log/a-1"].every(isAppRoute)).toBe(true);
  expect(isAppRoute("/lifeboat")).toBe(false);
});
