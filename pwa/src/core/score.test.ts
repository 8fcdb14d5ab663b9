// Promises about the sounds.
import { expect, test } from "vitest";
import { scoreOf } from "./score";

const notes = (tone: Parameters<typeof scoreOf>[0]) => scoreOf(tone, false).beats.filter((beat) => beat.hertz > 0).map((beat) => beat.hertz);

test("no two sounds share a note or a timbre: a drill cannot be taken for an alarm, nor the reverse", () => {
  const all = [notes("alarm"), notes("pre_alarm"), notes("drill")];
  expect(new Set(all.flat()).size).toBe(new Set(all[0]).size + new Set(all[1]).size + new Set(all[2]).size);
  expect(new Set((["alarm", "pre_alarm", "drill"] as const).map((tone) => scoreOf(tone, false).shape)).size).toBe(3);
});

test("the alarm has two tones and no rest on a phone, and says its word in a rest on a desk", () => {
  expect(scoreOf("alarm", false).beats.every((beat) => beat.hertz > 0)).toBe(true);
  for (const tone of ["alarm", "drill"] as const) {
    expect(scoreOf(tone, true).beats.filter((beat) => beat.word)).toMatchObject([{ hertz: 0 }]);
    expect(scoreOf(tone, false).beats.some((beat) => beat.word)).toBe(false);
  }
});

test("help that is asked for calmly has no word: it is not an alarm", () => {
  expect(scoreOf("pre_alarm", true).beats.some((beat) => beat.word)).toBe(false);
});
