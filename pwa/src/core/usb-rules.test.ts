// Promises about what counts as a press of a USB button.
import fc from "fast-check";
import { expect, test } from "vitest";
import { isPress, learn, type UsbReport } from "./usb-rules";

const says = (...bytes: number[]): UsbReport => ({ id: 1, bytes });

test("a button that says down and up is pressed when it goes down, and not when it is let go", () => {
  const lesson = learn([], [says(1), says(0)])!;
  expect(lesson).toEqual({ report_id: 1, rest: [0] });
  expect(isPress(lesson, null, says(1))).toBe(true);
  expect(isPress(lesson, [1], says(0))).toBe(false);
  expect(isPress(lesson, [0], says(1))).toBe(true);
});

test("a button that is held down, and says so again and again, is one press", () => {
  const lesson = learn([says(0)], [says(4), says(0)])!;
  expect(isPress(lesson, [4], says(4))).toBe(false);
});

test("a button that speaks only when pressed is pressed each time that it speaks", () => {
  const lesson = learn([], [says(7)])!;
  expect(lesson.rest).toBeNull();
  expect(isPress(lesson, [7], says(7))).toBe(true);
});

test("a device that only goes on saying what it said before teaches nothing", () => {
  expect(learn([says(0, 0), { id: 2, bytes: [9] }], [says(0, 0), { id: 2, bytes: [9] }])).toBeNull();
  expect(learn([], [])).toBeNull();
});

test("another report of the same device is not a press", () => {
  expect(isPress({ report_id: 1, rest: [0] }, [0], { id: 2, bytes: [1] })).toBe(false);
});

test("whatever a device says: letting go never raises, and what was learnt always does", () => {
  const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 8 });
  fc.assert(fc.property(bytes, bytes, (rest, pressed) => {
    fc.pre(rest.join() !== pressed.join());
    for (const lesson of [learn([says(...rest)], [says(...pressed)]), learn([], [says(...pressed), says(...rest)])]) {
      expect(lesson).not.toBeNull();
      expect(isPress(lesson!, rest, says(...pressed))).toBe(true);
      expect(isPress(lesson!, pressed, says(...rest))).toBe(false);
    }
  }));
});
