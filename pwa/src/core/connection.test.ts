// Promises about what the connection line may claim, and how soon we knock again.
import fc from "fast-check";
import { expect, test } from "vitest";
import { backOff_s, connectionOf } from "./connection";

test("nothing heard for 25 seconds is unknown, also while the socket says that it is open", () => {
  expect(connectionOf({ open: true, heard_ms: 0 }, 25_000)).toBe("connected");
  expect(connectionOf({ open: true, heard_ms: 0 }, 25_001)).toBe("unknown");
});

test("a closed line that was heard a moment ago is connecting, not connected", () => {
  expect(connectionOf({ open: false, heard_ms: 0 }, 1000)).toBe("connecting");
});

test("a line that has never been heard is unknown", () => {
  expect(connectionOf({ open: false, heard_ms: null }, 0)).toBe("unknown");
});

test("the wait stays between half a second and fifteen, and within three while an alarm is open", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, alarmOpen, chance) => {
      const wait_s = backOff_s(attempt, alarmOpen, () => chance);
      expect(wait_s).toBeGreaterThanOrEqual(0.5);
      expect(wait_s).toBeLessThanOrEqual(alarmOpen ? 3 : 15);
    }),
  );
});
