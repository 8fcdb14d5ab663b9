// What a press of a USB button is: such buttons all speak differently, so each is shown once what its press looks like.

/** One input report of the device: its number and its bytes. */
export interface UsbReport {
  id: number;
  bytes: readonly number[];
}

export interface UsbLesson {
  report_id: number;
  /** What it says when nobody presses; null for a button that says nothing then. */
  rest: readonly number[] | null;
}

/**
 * `before`: what was heard while nobody touched it; `during`: from the press on. Null when nothing in it differs from before:
 * then it was not this device that was pressed.
 */
export function learn(before: readonly UsbReport[], during: readonly UsbReport[]): UsbLesson | null {
  const restOf = (id: number) => before.findLast((one) => one.id === id)?.bytes ?? null;
  const press = during.find((one) => !same(restOf(one.id), one.bytes));
  if (!press) return null;
  const released = during.slice(during.indexOf(press) + 1).findLast((one) => one.id === press.id && !same(one.bytes, press.bytes));
  return { report_id: press.id, rest: restOf(press.id) ?? released?.bytes ?? null };
}

/** `last`: the report of the same number before this one. Letting go is not a press, nor is saying the same thing again. */
export function isPress(lesson: UsbLesson, last: readonly number[] | null, now: UsbReport): boolean {
  if (now.id !== lesson.report_id || same(lesson.rest, now.bytes)) return false;
  return lesson.rest === null || !same(last, now.bytes);
}

function same(one: readonly number[] | null, other: readonly number[]): boolean {
  return one !== null && one.length === other.length && one.every((byte, index) => byte === other[index]);
}
