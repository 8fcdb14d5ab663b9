// Promises about who sounds where there are several windows: always one, never none for long, and never two.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { turnOf } from "./turn";

/** The browser's locks, as far as they are used: one holder, a queue, and one who may be robbed. */
class Locks {
  holder: { rob: () => void } | null = null;
  queue: (() => void)[] = [];
  request(_: string, options: { signal?: AbortSignal; steal?: boolean }, held: () => Promise<void> | undefined): Promise<void> {
    return new Promise((done, refused) => {
      const hold = () => {
        const me = { rob: () => refused(new DOMException("stolen", "AbortError")) };
        this.holder = me;
        void Promise.resolve(held()).then(() => {
          if (this.holder !== me) return;
          this.holder = null;
          done();
          this.queue.shift()?.();
        });
      };
      if (options.steal) {
        this.holder?.rob();
        return hold();
      }
      if (!this.holder) return hold();
      this.queue.push(hold);
      options.signal?.addEventListener("abort", () => {
        this.queue = this.queue.filter((one) => one !== hold);
        refused(new DOMException("aborted", "AbortError"));
      });
    });
  }
}

let sounding: Set<string>;
const ask = (name: string) => turnOf("sound").ask(() => sounding.add(name), () => sounding.delete(name));
const leave = (name: string, giveUp: () => void) => {
  sounding.delete(name);
  giveUp();
};

beforeEach(() => {
  vi.useFakeTimers();
  sounding = new Set();
  Object.defineProperty(navigator, "locks", { value: new Locks(), configurable: true });
});
afterEach(() => {
  vi.useRealTimers();
  Reflect.deleteProperty(navigator, "locks");
});

const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test("one of two windows sounds, and the other when the first has done with it", async () => {
  const one = ask("one");
  await passes(100);
  const other = ask("other");
  await passes(100);
  expect([...sounding]).toEqual(["one"]);
  leave("one", one);
  await passes(100);
  expect([...sounding]).toEqual(["other"]);
  leave("other", other);
});

test("a window in sight takes it from one that does not give it, and neither is robbed again and again", async () => {
  const one = ask("one");
  await passes(100);
  const other = ask("other");
  for (let time = 0; time < 20; time++) {
    await passes(1000);
    expect([...sounding], `after ${time + 1} s`).toEqual([time < 1 ? "one" : "other"]);
  }
  leave("other", other);
  await passes(10);
  expect([...sounding]).toEqual(["one"]);
  leave("one", one);
});

test("whoever takes the wish back before its turn never sounds", async () => {
  const one = ask("one");
  await passes(10);
  ask("other")();
  leave("one", one);
  await passes(5000);
  expect([...sounding]).toEqual([]);
});

test("a browser without turns sounds in both rather than in neither", () => {
  Reflect.deleteProperty(navigator, "locks");
  ask("one");
  ask("other");
  expect([...sounding]).toEqual(["one", "other"]);
});
