import { expect, test } from "vitest";
import { osloDate, osloMoment_ms, osloTime } from "./oslo";

test("what is typed is the office's time, in winter and in summer", () => {
  expect(osloMoment_ms("2026-11-28", "14:05")).toBe(Date.parse("2026-11-28T13:05:00Z"));
  expect(osloMoment_ms("2026-07-01", "14:05")).toBe(Date.parse("2026-07-01T12:05:00Z"));
});

test("around the change of the clock nothing is an hour wrong", () => {
  expect(osloMoment_ms("2026-10-25", "04:00")).toBe(Date.parse("2026-10-25T03:00:00Z"));
  expect(osloMoment_ms("2026-03-29", "01:59")).toBe(Date.parse("2026-03-29T00:59:00Z"));
  expect(osloMoment_ms("2026-03-29", "03:00")).toBe(Date.parse("2026-03-29T01:00:00Z"));
});

test("a date that does not exist is none", () => {
  for (const [date, time] of [["2026-02-30", "12:00"], ["2026-13-01", "12:00"], ["", "12:00"], ["2026-01-01", "24:00"], ["2026-01-01", ""]] as const) {
    expect(osloMoment_ms(date, time)).toBeNull();
  }
});

test("there and back is the same", () => {
  for (const at of ["2026-11-28T23:30:00Z", "2026-06-30T22:30:00Z", "2026-03-29T00:59:00Z"]) {
    const at_ms = Date.parse(at);
    expect(osloMoment_ms(osloDate(at_ms), osloTime(at_ms))).toBe(at_ms);
  }
});
