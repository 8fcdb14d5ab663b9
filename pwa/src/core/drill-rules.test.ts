import fc from "fast-check";
import { expect, test } from "vitest";
import { readBoard, readDrill, readDrills } from "./drill-contract";
import { between_s, clock_s, groupOf, inDrillOrder, isApproved, lineTime, readLineTime, waitsForApprovalBy } from "./drill-rules";

const drill = (id: string, state: string, starts_at = "2026-12-01T09:00:00Z") => readDrill({ id, state, starts_at })!;

test("a time on the line is read as it is written", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 28_800 }), (seconds) => readLineTime(lineTime(seconds)) === seconds));
  expect(readLineTime("")).toBeNull();
  expect(readLineTime("90")).toBe(90);
  for (const wrong of ["1:75", "x", "-3", "1:2:3"]) expect(readLineTime(wrong)).toBeUndefined();
});

test("the countdown is negative, and before the start there is no time", () => {
  expect(clock_s({ zero_at: null }, 0)).toBeNull();
  expect(clock_s({ zero_at: "2026-12-01T09:00:30Z" }, Date.parse("2026-12-01T09:00:00Z"))).toBe(-30);
  expect(lineTime(-30)).toBe("−0:30");
});

test("what is to come is soonest first, what is over newest first", () => {
  const all = [drill("b", "PLANNED", "2026-12-03T09:00:00Z"), drill("a", "ANNOUNCED"), drill("d", "REPORTED"), drill("c", "REPORTED", "2026-12-05T09:00:00Z")];
  expect(inDrillOrder(all, "coming").map((one) => one.id)).toEqual(["a", "b"]);
  expect(inDrillOrder(all, "done").map((one) => one.id)).toEqual(["c", "d"]);
  expect(groupOf(drill("x", "STOPPED"))).toBe("to_evaluate");
});

test("a drill is approved when the lead of each office has said yes, and waits for a viewer who has not answered for his", () => {
  const answer = { yes: true, at: "2026-12-01T09:00:00Z", by: { id: "liv", name: "Liv" }, reason: "" };
  const row = (office_id: string, mine: boolean, said: object | null) => ({ office_id, office: office_id, mine, asked: [], answer: said });
  const of = (...rows: object[]) => readDrill({ id: "a", state: "PLANNED", can: ["approve"], approvals: rows })!;
  expect(isApproved(of(row("a", false, answer), row("b", false, answer)))).toBe(true);
  for (const said of [null, { ...answer, yes: false }]) expect(isApproved(of(row("a", false, answer), row("b", true, said)))).toBe(false);
  expect(isApproved(of())).toBe(false);
  expect(waitsForApprovalBy(of(row("a", false, null), row("b", true, null)))).toBe(true);
  expect(waitsForApprovalBy(of(row("a", false, null), row("b", true, { ...answer, yes: false })))).toBe(false);
  expect(waitsForApprovalBy({ ...of(row("b", true, null)), can: [] })).toBe(false);
});

test("one strange drill does not hide the others", () => {
  const read = readDrills({ drills: [{ id: "a", state: "RUNNING", exercise: 7, injects: "no" }, { id: "b", state: "?" }, 3], left_out: true });
  expect(read?.drills.map((one) => one.id)).toEqual(["a"]);
  expect(read?.left_out).toBe(true);
  expect(readDrills(null)).toBeNull();
  expect(readBoard({})?.people).toEqual([]);
});

test("seconds between two moments, or nothing", () => {
  expect(between_s("2026-12-01T09:00:00.000Z", "2026-12-01T09:00:01.250Z")).toBe(1.3);
  expect(between_s(null, "2026-12-01T09:00:00Z")).toBeNull();
});
