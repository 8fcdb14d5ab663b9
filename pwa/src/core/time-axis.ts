// Where the marks of a chart's time stand: at seconds and minutes that people count in, never at a quarter of whatever was measured.
const steps_s = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
const most = 6;

/** From nothing to the last mark, which is not before `longest_s`. */
export function timeMarks(longest_s: number): number[] {
  const step = steps_s.find((one) => longest_s <= one * most) ?? Math.ceil(longest_s / most / 3600) * 3600;
  return Array.from({ length: Math.max(1, Math.ceil(longest_s / step)) + 1 }, (_, n) => n * step);
}

/** Seconds below two minutes, then 2:30. The first needs no unit. */
export function markText(seconds: number, last_s: number): string {
  if (seconds === 0) return "0";
  return last_s <= 120 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
