// Promises about ages and clock times as people read them.
import { expect, test } from "vitest";
import { ageText, clockText, monthText } from "./age";

const opened = "2026-11-21T12:52:00.000Z";
const after = (seconds: number) => Date.parse(opened) + seconds * 1000;

test.each([[0, "0:00"], [7, "0:07"], [252, "4:12"], [3725, "1:02:05"]])("an alarm of %i seconds is %s old", (seconds, text) => {
  expect(ageText(opened, after(seconds))).toBe(text);
});

test("an alarm is never younger than now, however wrong the phone's clock is", () => {
  expect(ageText(opened, after(-90))).toBe("0:00");
});

test("times are shown as the clock on the wall in Norway, summer and winter", () => {
  expect(clockText("2026-11-21T12:20:00Z", "nb")).toBe("13:20");
  expect(clockText("2026-07-01T12:20:00Z", "nn")).toBe("14:20");
  expect(clockText("2026-11-21T13:03:22.117Z", "en", true)).toBe("14:03:22");
});

test("a month is written as people write it", () => {
  expect(monthText("2026-11", "nb")).toBe("november 2026");
  expect(monthText("2026-05", "en")).toBe("May 2026");
  expect(monthText("?", "nn")).toBe("?");
});

test("a time that is missing or unreadable is a dash, not a wrong time", () => {
  expect(clockText(null, "nb")).toBe("–");
  expect(ageText("yesterday", after(0))).toBe("–");
});
