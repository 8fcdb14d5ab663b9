// Promises about a cry for help that outlived the app: sent as the same press, kept until it is received, and nothing else with it.
import { afterEach, expect, test, vi } from "vitest";
import { inMemory } from "../io/local-store";
import type { WaitingTap } from "../core/outbox-rules";
import { sendCries } from "./cries";

afterEach(() => vi.unstubAllGlobals());

const cry: WaitingTap = { id: "0199-cry", kind: "signal", alarm_id: null, body: { kind: "panic", office_id: null }, tapped: { wall_ms: 1000, steady_ms: 5, page: 7 }, tries: 3 };

function server(status: number, body: object = {}) {
  const asked = vi.fn(async (_path: string, _init: RequestInit) => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } }));
  vi.stubGlobal("fetch", asked);
  return asked;
}

test("the cry is sent with its own id and how old it is, and then forgotten; other taps are left to the app", async () => {
  const store = inMemory();
  await store.keepTap(cry);
  await store.keepTap({ ...cry, id: "0199-answer", kind: "action", alarm_id: "a-1", body: { action: "acknowledge" } });
  const asked = server(200, { outcome: "opened" });
  expect(await sendCries(store, 61_000)).toBe(0);
  expect(asked.mock.calls.map(([path, init]) => [path, JSON.parse(init.body as string)])).toEqual([["/api/signals", { kind: "panic", office_id: null, id: "0199-cry", age_s: 60 }]]);
  expect((await store.taps()).map((tap) => tap.id)).toEqual(["0199-answer"]);
});

test.each([401, 409, 422, 500, 503])("an answer %i is no receipt: the cry is kept", async (status) => {
  const store = inMemory();
  await store.keepTap(cry);
  server(status, { reason: "whatever" });
  expect(await sendCries(store)).toBe(1);
  expect(await store.taps()).toEqual([cry]);
});

test("without network the cry is kept, and with nothing to send nobody is asked", async () => {
  const store = inMemory();
  const asked = server(200);
  expect(await sendCries(store)).toBe(0);
  expect(asked).not.toHaveBeenCalled();
  await store.keepTap(cry);
  vi.stubGlobal("fetch", () => Promise.reject(new Error("no network")));
  expect(await sendCries(store)).toBe(1);
  expect(await store.taps()).toEqual([cry]);
});
