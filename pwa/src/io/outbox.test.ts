// Promises about taps from the thumb to the receipt.
import { beforeEach, expect, test, vi } from "vitest";
import type { AlarmView } from "../core/contract";
import { anAlarm } from "../core/examples";
import type { Answer } from "./api";
import { inMemory, openLocalStore, type LocalStore } from "./local-store";
import { Outbox } from "./outbox";

const none: Answer<unknown> = { ok: false, status: 0, reason: null, body: null };
const good = (body: unknown): Answer<unknown> => ({ ok: true, status: 200, reason: null, body });

let store: LocalStore;
let clock_ms: number;
let later: (() => void)[];
let alarms: AlarmView[];
let sent: { path: string; body: Record<string, unknown> }[];
let answers: Answer<unknown>[];

function anOutbox(): Outbox {
  return new Outbox({
    store,
    onAlarm: (alarm) => alarms.push(alarm),
    moment: () => ({ wall_ms: clock_ms, steady_ms: clock_ms, page: 1 }),
    later: (action) => later.push(action),
    post: async (path, body) => {
      sent.push({ path, body: body as Record<string, unknown> });
      return answers.shift() ?? none;
    },
  });
}
const settle = () => vi.waitFor(() => expect(sent.length).toBeGreaterThan(0)).then(() => new Promise((done) => setTimeout(done, 20)));
const runLater = async () => {
  later.splice(0).forEach((action) => action());
  await new Promise((done) => setTimeout(done, 20));
};

beforeEach(() => {
  store = inMemory();
  clock_ms = 1_000_000;
  [later, alarms, sent, answers] = [[], [], [], []];
});

test("a tap is on the phone's own disk before it is sent", async () => {
  const keptWhenSent: number[] = [];
  const outbox = new Outbox({ store, onAlarm: () => undefined, post: async () => {
    keptWhenSent.push((await store.taps()).length);
    return good({});
  } });
  outbox.signal({ kind: "panic" });
  await vi.waitFor(() => expect(keptWhenSent).toEqual([1]));
});

test("a tap without a network is sent again with the same id and a greater age", async () => {
  const outbox = anOutbox();
  answers = [none, good({ alarm: anAlarm({ version: 2 }) })];
  const id = outbox.act("a-1", "acknowledge");
  await settle();
  expect(outbox.taps.get()[0]?.state).toBe("waiting");
  clock_ms += 42_000;
  await runLater();
  expect(sent.map((one) => one.body["id"])).toEqual([id, id]);
  expect(sent.map((one) => one.body["age_s"])).toEqual([0, 42]);
  expect(outbox.taps.get()[0]?.state).toBe("confirmed");
  expect(alarms.map((alarm) => alarm.version)).toEqual([2]);
  expect(await store.taps()).toEqual([]);
});

test("a new life of the app sends what the last one could not", async () => {
  const before = anOutbox();
  const id = before.signal({ kind: "panic" });
  await settle();
  sent = [];
  answers = [good({ signal_id: id, outcome: "opened", alarm_id: "a-9", received_at: "2026-11-21T12:52:00Z" })];
  const after = anOutbox();
  await after.start();
  await settle();
  expect(sent[0]?.body["id"]).toBe(id);
  expect(after.taps.get()[0]?.receipt?.alarm_id).toBe("a-9");
});

test("a refusal is shown with its reason, brings the alarm as it is now, and is not sent again", async () => {
  const outbox = anOutbox();
  answers = [{ ok: false, status: 409, reason: "role_taken", body: { alarm: anAlarm({ version: 8 }) } }];
  outbox.act("a-1", "swap_role", { role: "caller_112" });
  await settle();
  await runLater();
  expect(outbox.taps.get()[0]).toMatchObject({ state: "refused", reason: "role_taken" });
  expect(alarms[0]?.version).toBe(8);
  expect(sent).toHaveLength(1);
});

test("taps on one alarm arrive in the order they were made", async () => {
  const outbox = anOutbox();
  answers = [none];
  outbox.act("a-1", "acknowledge");
  outbox.act("a-1", "arrive");
  await settle();
  answers = [good({}), good({})];
  await runLater();
  await vi.waitFor(() => expect(sent.at(-1)?.body["action"]).toBe("arrive"));
  const actions = sent.map((one) => one.body["action"]);
  expect(actions.indexOf("arrive")).toBeGreaterThan(actions.lastIndexOf("acknowledge"));
});

test("a PIN never reaches the phone's disk", async () => {
  const outbox = anOutbox();
  outbox.act("a-1", "call_off", { pin: "1234" });
  await settle();
  expect(JSON.stringify(await store.taps())).not.toContain("1234");
  expect(sent[0]?.body["pin"]).toBe("1234");
});

test("a disk that does not answer does not hold back a cry for help", async () => {
  store = { ...inMemory(), keepTap: () => new Promise(() => undefined) };
  anOutbox().signal({ kind: "panic" });
  await vi.waitFor(() => expect(sent).toHaveLength(1));
});

test("taps survive in the browser's database until they are dropped", async () => {
  const first = await openLocalStore("outbox-test");
  await first.keepTap({ id: "x", kind: "signal", alarm_id: null, body: {}, tapped: { wall_ms: 1, steady_ms: 1, page: 1 }, tries: 0 });
  const again = await openLocalStore("outbox-test");
  expect((await again.taps()).map((tap) => tap.id)).toEqual(["x"]);
  await again.dropTap("x");
  expect(await again.taps()).toEqual([]);
});

test("a phone whose storage is full still sends from memory, and says that it may not be closed", async () => {
  const full: LocalStore = { ...inMemory(), lasting: true, keepTap: async () => { throw new DOMException("no room", "QuotaExceededError"); } };
  store = full;
  const outbox = anOutbox();
  answers = [none, good({ signal_id: "s", outcome: "opened", alarm_id: "a-1", received_at: "2026-11-21T14:03:22Z" })];
  outbox.signal({ kind: "panic" });
  await settle();
  expect(outbox.taps.get()[0]).toMatchObject({ state: "waiting", kept: false });
  await runLater();
  expect(outbox.taps.get()[0]).toMatchObject({ state: "confirmed", receipt: { alarm_id: "a-1" } });
});

test("two tabs with one cry send it under one id, also where the tab that it was made in is gone", async () => {
  store = await openLocalStore(`tabs-${Math.random()}`);
  const one = anOutbox();
  const id = one.signal({ kind: "panic" });
  await settle();
  expect(one.taps.get()[0]?.kept).toBe(true);
  const other = anOutbox();
  await other.start();
  await vi.waitFor(() => expect(sent.length).toBe(2));
  expect(sent.map((each) => each.body["id"])).toEqual([id, id]);
});
