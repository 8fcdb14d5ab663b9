// Promises about the wall.
import { expect, test } from "vitest";
import { anAlarm } from "./examples";
import { boardKnown, headCounts, mustCover, shift_px } from "./wall-rules";

test("a wall covers itself when nothing has been heard for 25 seconds, or the time is not known", () => {
  expect(mustCover({ heard_ms: 0, now_ms: 25_000, clock_known: true })).toBe(false);
  expect(mustCover({ heard_ms: 0, now_ms: 25_001, clock_known: true })).toBe(true);
  expect(mustCover({ heard_ms: null, now_ms: 0, clock_known: true })).toBe(true);
  expect(mustCover({ heard_ms: 0, now_ms: 0, clock_known: false })).toBe(true);
});

test("who is out is only said of a board that has just been read", () => {
  expect([boardKnown(null, 0), boardKnown(0, 130_000), boardKnown(0, 130_001)]).toEqual([false, true, false]);
});

test("heads are counted by what they do, and who cannot come is not among them", () => {
  const one = { person_id: "1", name: "", role: null, since: null, lapse_at: null, eta_at: null };
  const people = (["coming", "coming", "there", "cannot", "lapsed"] as const).map((stage) => ({ ...one, stage }));
  expect(headCounts(anAlarm({ people }))).toEqual({ coming: 2, there: 1, taken: 0 });
});

test("the picture comes back to where it was, and never far", () => {
  const corners = [0, 1, 2, 3, 4].map((minute) => shift_px(minute * 60_000));
  expect(new Set(corners.map((one) => `${one.x},${one.y}`)).size).toBe(4);
  expect(corners[4]).toEqual(corners[0]);
});
