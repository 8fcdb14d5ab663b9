// Promises about the live line under a bad network: whatever is lost, doubled, overtaken or cut, the phone ends up knowing what the server knows.
// A socket keeps the order of what it carries and loses only its end; what is fetched beside it comes when it comes.
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { emptyBook, withFetched, withFrame, type AlarmBook } from "../core/alarm-book";
import type { AlarmView, Sequence } from "../core/contract";
import { anAlarm } from "../core/examples";
import { LiveClient, type Socket } from "./live-client";

const at = "2026-11-21T12:52:00.000Z";

/** A server with one stream, and the network between: each socket loses, doubles and delays by what it is told. */
class World {
  epoch = 1;
  seq = 0;
  oldestKept = 0;
  alarms: Record<string, AlarmView> = {};
  changed: { seq: number; id: string }[] = [];
  line: Line | null = null;
  /** Answers over HTTP that are on their way. */
  fetched: Fetched[] = [];

  change(id: string): void {
    this.seq++;
    this.alarms[id] = anAlarm({ id, version: (this.alarms[id]?.version ?? 0) + 1, presses: this.seq });
    this.changed.push({ seq: this.seq, id });
  }

  /** A copy is put back: other numbers, other versions. */
  restore(): void {
    this.epoch++;
    this.seq = 1;
    this.oldestKept = 0;
    this.changed = [];
    for (const alarm of Object.values(this.alarms)) this.alarms[alarm.id] = { ...alarm, version: 1 };
  }

  since(seq: number): AlarmView[] {
    return [...new Set(this.changed.filter((one) => one.seq > seq).map((one) => one.id))].map((id) => this.alarms[id]!);
  }

  fetch(): void {
    this.fetched.push({ epoch: String(this.epoch), seq: { office: this.seq }, alarms: Object.values(this.alarms) });
  }

  frame(seq: number): object {
    return { type: "alarms", seq: { office: this.seq }, alarms: this.since(seq), server_time: at };
  }

  welcome(hello: { epoch: string | null; seq: Sequence }): object {
    const cursor = hello.seq["office"] ?? 0;
    const resumes = hello.epoch === String(this.epoch) && cursor >= this.oldestKept && cursor <= this.seq;
    return {
      type: "welcome", epoch: String(this.epoch), server_time: at, snapshot: !resumes, seq: { office: this.seq },
      alarms: resumes ? this.since(cursor) : Object.values(this.alarms),
    };
  }
}

type Fetched = { epoch: string; seq: Sequence; alarms: AlarmView[] };

class Line implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  /** Sent, and not yet arrived. */
  waiting: string[] = [];
  sentUpTo = 0;
  arrivedUpTo: Sequence = {};
  claimed: Sequence[] = [];

  constructor(private readonly world: World) {
    queueMicrotask(() => this.onopen?.(new Event("open")));
  }

  send(text: string): void {
    const said = JSON.parse(text) as { type: string; epoch: string | null; seq: Sequence };
    if (said.type === "hello") {
      this.waiting.push(JSON.stringify(this.world.welcome(said)));
      this.sentUpTo = this.world.seq;
      this.world.line = this;
    }
    if (said.type === "got") {
      this.claimed.push(said.seq);
      for (const [office, number] of Object.entries(said.seq)) expect(number).toBeLessThanOrEqual(this.arrivedUpTo[office] ?? 0);
    }
  }

  close(): void {
    if (this.world.line === this) this.world.line = null;
  }

  push(): void {
    if (this.sentUpTo < this.world.seq) this.waiting.push(JSON.stringify(this.world.frame(this.sentUpTo)));
    this.sentUpTo = this.world.seq;
  }

  arrive(text: string): void {
    const seq = (JSON.parse(text) as { seq?: Sequence }).seq ?? {};
    for (const [office, number] of Object.entries(seq)) this.arrivedUpTo[office] = Math.max(this.arrivedUpTo[office] ?? 0, number);
    this.onmessage?.({ data: text } as MessageEvent);
  }

  beat(): void {
    this.arrive(JSON.stringify({ type: "heartbeat", server_time: at, seq: { office: this.world.seq } }));
  }
}

type Move =
  | { do: "change"; id: string } | { do: "push" } | { do: "arrive"; twice: boolean } | { do: "fetch" } | { do: "answer"; which: number }
  | { do: "cut" } | { do: "replace" } | { do: "wait"; seconds: number } | { do: "forget" } | { do: "restore" };

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant("change" as const), id: fc.constantFrom("a", "b", "c") }) },
    { weight: 5, arbitrary: fc.constant<Move>({ do: "push" }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant("arrive" as const), twice: fc.boolean() }) },
    { weight: 3, arbitrary: fc.constant<Move>({ do: "fetch" }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("answer" as const), which: fc.nat(5) }) },
    { weight: 2, arbitrary: fc.constant<Move>({ do: "cut" }) },
    { weight: 1, arbitrary: fc.constant<Move>({ do: "replace" }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 40 }) }) },
    { weight: 1, arbitrary: fc.constant<Move>({ do: "forget" }) },
    { weight: 1, arbitrary: fc.constant<Move>({ do: "restore" }) },
  ),
  { maxLength: 60 },
);

async function passes(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

function phoneIn(world: World): { client: LiveClient; known: () => AlarmBook; take: (answer: Fetched) => void } {
  let book: AlarmBook = emptyBook;
  const client = new LiveClient({
    connect: () => new Line(world),
    cursor: () => book,
    surface: () => ({ surface: "phone", zone_id: null }),
    alarmOpen: () => true,
    onFrame: (frame) => {
      book = withFrame(book, frame);
      client.got(book.seq);
    },
    onLine: () => undefined,
    onPong: () => undefined,
    onUnread: () => undefined,
    onSignedOut: () => undefined,
    onBehind: () => world.fetch(),
    random: () => 0.5,
  });
  const take = (answer: Fetched) => {
    const next = withFetched(book, answer);
    if (next) book = next;
    else client.replace();
  };
  return { client, known: () => book, take };
}

async function make(world: World, { client, take }: ReturnType<typeof phoneIn>, move: Move): Promise<void> {
  const { line } = world;
  if (move.do === "change") world.change(move.id);
  if (move.do === "wait") await passes(move.seconds * 1000);
  if (move.do === "replace") client.replace();
  if (move.do === "forget") world.oldestKept = world.seq;
  if (move.do === "restore") {
    world.restore();
    line?.onclose?.({ code: 1012 } as CloseEvent);
  }
  if (move.do === "push") line?.push();
  if (move.do === "cut") line?.onclose?.({ code: 1006 } as CloseEvent);
  if (move.do === "arrive" && line?.waiting.length) {
    const text = line.waiting.shift()!;
    line.arrive(text);
    if (move.twice) line.arrive(text);
  }
  if (move.do === "fetch") world.fetch();
  if (move.do === "answer" && world.fetched.length) take(world.fetched.splice(move.which % world.fetched.length, 1)[0]!);
  await passes(1);
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("whatever is lost, doubled, overtaken, cut or restored: a minute of good network later the phone knows what the server knows", async () => {
  await fc.assert(
    fc.asyncProperty(moves, async (all) => {
      const world = new World();
      const phone = phoneIn(world);
      const { client, known, take } = phone;
      client.start();
      await passes(1);
      for (const move of all) await make(world, phone, move);
      for (let second = 0; second < 60; second++) {
        const { line } = world;
        line?.push();
        for (const text of line?.waiting.splice(0) ?? []) line?.arrive(text);
        for (const answer of world.fetched.splice(0)) take(answer);
        if (second % 10 === 9) line?.beat();
        await passes(1000);
      }
      client.stop();
      expect(known().alarms).toEqual(world.alarms);
      expect(known().seq).toEqual(world.seq === 0 ? known().seq : { office: world.seq });
    }),
    { numRuns: 150 },
  );
});
