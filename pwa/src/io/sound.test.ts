// Promises about sound where there is none: it is said, nobody waits for it, and it comes when it can.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Sound } from "./sound";
import type { Turn } from "./turn";

/** A browser's sound, as far as it is used: `able` is whether the machine has anything to sound with. */
class Context extends EventTarget {
  static able = true;
  state = "suspended";
  currentTime = 0;
  destination = {};
  resume(): Promise<void> {
    if (!Context.able) return new Promise(() => undefined); // a machine without a device never says that it cannot
    this.turn("running");
    return Promise.resolve();
  }
  turn(state: string): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

class Node {
  gain = { setTargetAtTime: () => undefined, cancelScheduledValues: () => undefined, value: 0 };
  frequency = { setValueAtTime: () => undefined };
  connect(next: Node): Node { return next; }
  disconnect(): void {}
}
let sounding: number;
let contexts: Context[];
let turns: number;
const turn: Turn = {
  ask(begin) {
    turns++;
    begin();
    return () => void turns--;
  },
};

beforeEach(() => {
  vi.useFakeTimers();
  [sounding, contexts, turns, Context.able] = [0, [], 0, true];
  vi.stubGlobal("AudioContext", class extends Context { constructor() { super(); contexts.push(this); } });
  vi.stubGlobal("GainNode", Node);
  vi.stubGlobal("OscillatorNode", class extends Node { start() { sounding++; } stop() { sounding--; } });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a machine that cannot sound is said to be silent, is not waited for, and keeps no other window silent", async () => {
  Context.able = false;
  const sound = new Sound(turn);
  const unlocked = sound.unlock();
  await vi.advanceTimersByTimeAsync(1100);
  expect(await unlocked).toBe(false);
  sound.play("alarm");
  expect([sound.isUnlocked(), sounding, turns]).toEqual([false, 0, 0]);
  const tasted = sound.taste();
  await vi.advanceTimersByTimeAsync(1100);
  expect(await tasted).toBe(false);
});

test("a browser without sound at all fails nothing", async () => {
  vi.stubGlobal("AudioContext", class { constructor() { throw new DOMException("none", "NotSupportedError"); } });
  const sound = new Sound(turn);
  expect(await sound.unlock()).toBe(false);
  sound.play("alarm");
  expect(sound.isUnlocked()).toBe(false);
});

test("an alarm that came before the tap is heard from the tap on, and again when a call has given the sound back", async () => {
  const sound = new Sound(turn);
  sound.play("alarm");
  expect(sounding).toBe(0);
  expect(await sound.unlock()).toBe(true);
  expect([sounding, turns]).toEqual([1, 1]);
  contexts[0]!.turn("interrupted");
  expect([sounding, turns]).toEqual([0, 0]);
  contexts[0]!.turn("running");
  expect([sounding, turns]).toEqual([1, 1]);
  sound.play(null);
  expect([sounding, turns]).toEqual([0, 0]);
});
