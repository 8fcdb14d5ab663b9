// Promises about timers that do not sleep with the page.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { after, every } from "./steady";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("an action comes once, and not at all when it has been called off", () => {
  const said: string[] = [];
  after(100, () => said.push("one"));
  const off = after(100, () => said.push("two"));
  off();
  vi.advanceTimersByTime(500);
  expect(said).toEqual(["one"]);
});

test("what repeats can call itself off", () => {
  let count = 0;
  const stop = every(100, () => { if (++count === 3) stop(); });
  vi.advanceTimersByTime(1000);
  expect(count).toBe(3);
});

test("a page whose own timers sleep is woken by its worker, once", async () => {
  const heard: ((event: { data: number }) => void)[] = [];
  const asked: { id: number; wait_ms: number | null }[] = [];
  class OtherThread {
    set onmessage(listener: (event: { data: number }) => void) { heard.push(listener); }
    postMessage(alarm: { id: number; wait_ms: number | null }) { asked.push(alarm); }
  }
  vi.stubGlobal("Worker", OtherThread);
  vi.resetModules();
  const fresh = await import("./steady");
  let count = 0;
  fresh.after(100, () => count++);
  heard[0]?.({ data: asked[0]!.id });
  expect(count).toBe(1);
  vi.advanceTimersByTime(500);
  expect(count).toBe(1);
  vi.unstubAllGlobals();
});
