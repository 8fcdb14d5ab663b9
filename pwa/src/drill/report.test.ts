// A report that is opened before its seal is made is read again until it is.
import { expect, test } from "vitest";
import { again_ms } from "./Report";

const report = (sealed: boolean, stopped: string | null) =>
  ({ sealed, server_time: "2026-12-01T10:00:00Z", drill: { stopping: stopped ? { at: stopped, why: "done" } : null } }) as Parameters<typeof again_ms>[0];

test("it is read again soon until it is sealed, but not for ever where it never will be", () => {
  expect(again_ms(report(false, "2026-12-01T09:59:55Z"))).toBe(5_000);
  expect(again_ms(report(true, "2026-12-01T09:59:55Z"))).toBeGreaterThan(60_000);
  expect(again_ms(report(false, "2026-10-01T09:00:00Z"))).toBeGreaterThan(60_000);
  expect(again_ms(report(false, null))).toBeGreaterThan(60_000);
});
