// Promises about a newer app taking over.
import { expect, test } from "vitest";
import { compare, mayRestart, protocol, type Busy } from "./update-rules";

const calm: Busy = { alarms: 0, unsent: false, out: false, small_window: false, connected: true, visible: true, typed_ms: -Infinity, touched_ms: -Infinity, now_ms: 0 };

test("the app starts anew only where nothing is open, unsent, half written or under a thumb", () => {
  expect(mayRestart(calm)).toBe(true);
  const middles: Partial<Busy>[] = [
    { alarms: 1 }, { unsent: true }, { out: true }, { small_window: true }, { connected: false }, { touched_ms: -19_000 }, { typed_ms: -599_000 },
    { typed_ms: -599_000, visible: false },
  ];
  for (const middle of middles) expect(mayRestart({ ...calm, ...middle }), JSON.stringify(middle)).toBe(false);
  expect(mayRestart({ ...calm, touched_ms: -1000, visible: false })).toBe(true);
});

test("a server that says another number is another one, and one that says none is from before", () => {
  expect([compare(protocol), compare(protocol + 1), compare(protocol - 1), compare(null)]).toEqual(["same", "newer", "older", "older"]);
});
