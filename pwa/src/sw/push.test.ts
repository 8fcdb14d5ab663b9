// Promises about what happens when a push arrives: always shown, receipted only then, in whatever order they come.
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { inMemory, type WorkerMemory } from "../io/worker-memory";
import { sendWaiting } from "./posts";
import { onPush, readPush } from "./push";
import { fromShell, isAppRoute } from "./shell";
import { wordsIn } from "./words";

vi.stubGlobal("__SHELL__", [{ url: "/assets/app.js", revision: "1" }]);

let memory: WorkerMemory;
beforeEach(() => {
  memory = inMemory();
  vi.stubGlobal("fetch", async () => new Response(null, { status: 204 }));
});
afterEach(() => vi.unstubAllGlobals());

interface Kind {
  sent?: number;
  title?: string;
  kind?: string;
  tag?: string;
  lang?: string;
}

function payload({ sent = 1000, title = "ALARM 14:03 – åpne Varde", kind = "alarm", tag = "inc-1", lang = "nb" }: Kind = {}): string {
  return JSON.stringify({
    web_push: 8030, mutable: true, app_badge: 1,
    notification: {
      title, body: "Se hvor, og svar.", navigate: "https://varde.example/i/a-1", tag, lang, silent: false,
      actions: [{ action: "acknowledge", title: "Jeg kommer", navigate: "https://varde.example/i/a-1" }, { action: "decline", title: "Jeg kan ikke" }],
      data: { v: 1, kind, inc: "a-1", drill: false, rcpt: `a-1.1.alarm.proof~phone~${sent}`, answer: `a-1.1.alarm.proof~phone~${sent}` },
    },
  });
}

const message = (text: string | null) => (text === null ? null : ({ text: () => text }) as PushMessageData);

/** A lock screen: what is shown, by tag; and everything that was ever shown. */
function screen(refuse: (options: NotificationOptions) => boolean = () => false) {
  const shown = new Map<string, string>();
  const all: { title: string; options: NotificationOptions }[] = [];
  const registration = {
    showNotification: async (title: string, options: NotificationOptions) => {
      if (refuse(options)) throw new TypeError("this browser knows no such option");
      all.push({ title, options });
      shown.set(options.tag ?? "", title);
    },
  } as unknown as ServiceWorkerRegistration;
  return { registration, shown, all, push: (text: string | null) => onPush(registration, message(text), Promise.resolve(memory)) };
}

test.each([null, "", "not json", "[]", "{}", '{"notification":7}', '{"notification":{"title":""}}', '{"notification":{"actions":[7,{}],"data":"x"}}'])(
  "a push with %j becomes a notification with words", async (text) => {
    const { all, push } = screen();
    await push(text);
    expect(all).toHaveLength(1);
    expect(all[0]!.title.length).toBeGreaterThan(5);
    expect(all[0]!.options.body!.length).toBeGreaterThan(5);
  },
);

test("a push's own words, buttons and tag are used, and its token is its receipt", () => {
  const { title, options, receipt, sent_ms } = readPush(payload(), "en");
  expect({ title, receipt, sent_ms }).toEqual({ title: "ALARM 14:03 – åpne Varde", receipt: "a-1.1.alarm.proof~phone~1000", sent_ms: 1000 });
  expect(options).toMatchObject({ tag: "inc-1", lang: "nb", renotify: true, requireInteraction: true, silent: false });
  expect(options.actions).toEqual([{ action: "acknowledge", title: "Jeg kommer" }, { action: "decline", title: "Jeg kan ikke" }]);
});

test("an all-clear and a test do not stay on the screen until somebody wipes them away", () => {
  for (const kind of ["all_clear", "test"]) expect(readPush(payload({ kind }), "nb").options.requireInteraction).toBe(false);
});

test("a push that says nothing readable is told in the language chosen in the app", async () => {
  for (const language of ["nb", "nn", "en"] as const) {
    await memory.keep("language", language);
    const { all, push } = screen();
    await push("not json");
    expect(all[0]!.title).toBe(wordsIn(language).unknown.title);
  }
});

test("the notification is shown before the receipt is posted", async () => {
  const order: string[] = [];
  const registration = { showNotification: async () => void order.push("shown") } as unknown as ServiceWorkerRegistration;
  vi.stubGlobal("fetch", async (path: string, { body }: { body: string }) => {
    order.push(`${path} ${(JSON.parse(body) as { token: string }).token}`);
    return new Response(null, { status: 204 });
  });
  await onPush(registration, message(payload()), Promise.resolve(memory));
  expect(order).toEqual(["shown", "/api/push/receipts a-1.1.alarm.proof~phone~1000"]);
});

test("a receipt goes out without a cookie", async () => {
  const asked = vi.fn(async () => new Response(null, { status: 204 }));
  vi.stubGlobal("fetch", asked);
  await screen().push(payload());
  expect(asked).toHaveBeenCalledWith("/api/push/receipts", expect.objectContaining({ credentials: "omit", keepalive: true }));
});

test("a notification that could not be shown is not receipted", async () => {
  const receipts = vi.fn();
  vi.stubGlobal("fetch", receipts);
  await screen(() => true).push(payload()).catch(() => undefined);
  expect(receipts).not.toHaveBeenCalled();
});

test("an option that this browser refuses does not cost the notification", async () => {
  const { all, push } = screen((options) => "renotify" in options);
  await push(payload());
  expect(all.map((one) => one.title)).toEqual(["ALARM 14:03 – åpne Varde"]);
});

test("a memory that never answers hides no alarm", async () => {
  const { registration, all } = screen();
  void onPush(registration, message(payload()), new Promise<WorkerMemory>(() => undefined));
  await vi.waitFor(() => expect(all).toHaveLength(1));
});

test("a receipt that fails leaves the notification standing and is posted when the network is back", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new Error("no network")));
  const { all, push } = screen();
  await push(payload());
  expect(all).toHaveLength(1);
  expect((await memory.posts()).map((post) => post.body["token"])).toEqual(["a-1.1.alarm.proof~phone~1000"]);
  const asked = vi.fn(async () => new Response(null, { status: 204 }));
  vi.stubGlobal("fetch", asked);
  expect(await sendWaiting(memory, async () => undefined)).toBe(0);
  expect(asked).toHaveBeenCalledOnce();
  expect(await memory.posts()).toEqual([]);
});

test("an alarm that comes after its own end does not take the end's place", async () => {
  const { shown, all, push } = screen();
  await push(payload({ sent: 2000, title: "AVSLUTTET 14:20 – alarmen 14:03", kind: "all_clear" }));
  await push(payload({ sent: 1000 }));
  expect(shown.get("inc-1")).toBe("AVSLUTTET 14:20 – alarmen 14:03");
  expect(all[1]!.options.silent).toBe(true);
  expect(all).toHaveLength(2);
});

test("pushes lost, doubled and out of order: each is shown, each is receipted, and what was sent last of an alarm stands", async () => {
  const push = fc.record({ alarm: fc.integer({ min: 1, max: 3 }), sent: fc.integer({ min: 1, max: 9 }), network: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(push, { maxLength: 25 }), async (pushes) => {
      memory = inMemory();
      const receipted = new Set<string>();
      let network = true;
      vi.stubGlobal("fetch", async (_: string, { body }: { body: string }) => {
        if (!network) throw new Error("no network");
        receipted.add((JSON.parse(body) as { token: string }).token);
        return new Response(null, { status: 204 });
      });
      const { shown, all, push: arrives } = screen();
      for (const one of pushes) {
        network = one.network;
        await arrives(payload({ sent: one.alarm * 100 + one.sent, title: `${one.alarm}/${one.sent}`, tag: `inc-${one.alarm}` }));
      }
      network = true;
      await sendWaiting(memory, async () => undefined);
      expect(all).toHaveLength(pushes.length);
      expect(receipted).toEqual(new Set(pushes.map((one) => `a-1.1.alarm.proof~phone~${one.alarm * 100 + one.sent}`)));
      for (const alarm of new Set(pushes.map((one) => one.alarm))) {
        const newest = Math.max(...pushes.filter((one) => one.alarm === alarm).map((one) => one.sent));
        expect(shown.get(`inc-${alarm}`)).toBe(`${alarm}/${newest}`);
      }
      expect(await memory.posts()).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test("any payload whatever becomes exactly one notification", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.json(), fc.string(), fc.record({ notification: fc.object() }).map((one) => JSON.stringify(one))), async (text) => {
      memory = inMemory();
      const { all, push } = screen();
      await push(text);
      expect(all).toHaveLength(1);
      expect(all[0]!.title).not.toBe("");
    }),
    { numRuns: 200 },
  );
});

test("nothing under /api is ever answered from what is kept", () => {
  const origin = "https://varde.example";
  for (const path of ["/api/alarms", "/api/session", "/api/live"]) expect(fromShell(new Request(origin + path), origin)).toBeNull();
  expect(fromShell(new Request(`${origin}/assets/app.js`, { method: "POST" }), origin)).toBeNull();
});

test("the app's own addresses open off line, others do not", () => {
  expect(["/", "/desk", "/i/a-1", "/log/a-1", "/besok", "/besok/ny", "/besok/v-1"].every(isAppRoute)).toBe(true);
  expect(["/nod", "/nod/svar", "/nod/a/a-1", "/icons/varde.svg", "/manifest.webmanifest"].some(isAppRoute)).toBe(false);
});
