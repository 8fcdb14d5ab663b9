// Promises about taps that could not be sent at once.
import { expect, test } from "vitest";
import { age_s, nextToSend, verdict, type WaitingTap } from "./outbox-rules";

const tap = (id: string, alarm_id: string | null, kind: WaitingTap["kind"] = "action"): WaitingTap => ({
  id, alarm_id, kind, body: {}, tapped: { wall_ms: 0, steady_ms: 0, page: 1 }, tries: 0,
});

test("a tap grows older while it waits", () => {
  expect(age_s({ wall_ms: 1000, steady_ms: 500, page: 1 }, { wall_ms: 61_000, steady_ms: 60_500, page: 1 })).toBe(60);
});

test("a phone whose steady clock slept does not make the tap look younger", () => {
  expect(age_s({ wall_ms: 0, steady_ms: 0, page: 1 }, { wall_ms: 600_000, steady_ms: 2000, page: 1 })).toBe(600);
});

test("a clock that was set back does not make the tap look younger than the steady clock says", () => {
  expect(age_s({ wall_ms: 900_000, steady_ms: 0, page: 1 }, { wall_ms: 0, steady_ms: 30_000, page: 1 })).toBe(30);
});

test("the steady clock of an earlier page is not compared with this one's", () => {
  expect(age_s({ wall_ms: 0, steady_ms: 900_000, page: 1 }, { wall_ms: 5000, steady_ms: 100, page: 2 })).toBe(5);
});

test("a clock that was put right by years makes no tap older than a server takes", () => {
  expect(age_s({ wall_ms: 0, steady_ms: 0, page: 1 }, { wall_ms: 1_796_000_000_000, steady_ms: 2000, page: 2 })).toBe(30 * 86_400);
});

test.each([0, 401, 403, 404, 409, 422, 500, 503])("a cry for help is tried again after %i", (status) => {
  expect(verdict("signal", { status, reason: null })).toBe("try_again");
});

test("an answer is tried again when the world is to blame, and refused when it cannot stand", () => {
  expect(verdict("action", { status: 0, reason: null })).toBe("try_again");
  expect(verdict("action", { status: 503, reason: null })).toBe("try_again");
  expect(verdict("action", { status: 409, reason: "busy" })).toBe("try_again");
  expect(verdict("action", { status: 409, reason: "too_old" })).toBe("refused");
  expect(verdict("action", { status: 200, reason: null })).toBe("confirmed");
});

test("taps on one alarm go in order, and no alarm or signal waits for another", () => {
  const waiting = [tap("1", "a"), tap("0", "a"), tap("3", "b"), tap("4", null, "signal"), tap("5", null, "signal")];
  expect(nextToSend(waiting).map((one) => one.id)).toEqual(["1", "3", "4", "5"]);
});
