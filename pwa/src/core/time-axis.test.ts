import { expect, test } from "vitest";
import { markText, timeMarks } from "./time-axis";

test.each([
  [10, [0, 2, 4, 6, 8, 10]], [10.5, [0, 2, 4, 6, 8, 10, 12]], [47, [0, 10, 20, 30, 40, 50]], [600, [0, 120, 240, 360, 480, 600]], [0, [0, 1]],
])("%d seconds are marked at %j", (longest_s, marks) => expect(timeMarks(longest_s)).toEqual(marks));

test("whatever was measured fits between no more than seven marks", () => {
  for (let longest_s = 0.1; longest_s < 200_000; longest_s *= 1.07) {
    const marks = timeMarks(longest_s);
    expect(marks.length).toBeLessThanOrEqual(7);
    expect(marks.at(-1)).toBeGreaterThanOrEqual(longest_s);
  }
});

test("marks are seconds, and minutes where it took long", () => {
  expect([0, 10, 20].map((one) => markText(one, 20))).toEqual(["0", "10 s", "20 s"]);
  expect([0, 150, 300].map((one) => markText(one, 300))).toEqual(["0", "2:30", "5:00"]);
});
