// The notes of each sound, as data: the alarm urgent and two-toned, the calmer one slow, the drill's unlike both. A desk says the word as well.
import type { Tone } from "./alarm-rules";

/** `hertz` 0 is a rest; with a `word` it is said in the rest. */
export interface Beat {
  hertz: number;
  length_s: number;
  word?: boolean;
}

export interface Score {
  shape: "square" | "sine" | "triangle";
  strength: number;
  beats: readonly Beat[];
}

const two_tone: readonly Beat[] = [{ hertz: 960, length_s: 0.28 }, { hertz: 770, length_s: 0.28 }];
const rest = (length_s: number): Beat => ({ hertz: 0, length_s });
const knock: readonly Beat[] = [{ hertz: 440, length_s: 0.18 }, rest(0.1), { hertz: 440, length_s: 0.18 }, rest(0.1), { hertz: 587, length_s: 0.4 }];
/** Long enough for the longest of the words (0.9 s), and a breath before and after it. */
const said: readonly Beat[] = [rest(0.15), { hertz: 0, length_s: 1.1, word: true }];

export function scoreOf(tone: Tone, spoken: boolean): Score {
  switch (tone) {
    case "alarm":
      return { shape: "square", strength: 0.5, beats: spoken ? [...two_tone, ...two_tone, ...two_tone, ...two_tone, ...said] : two_tone };
    case "pre_alarm":
      return { shape: "sine", strength: 0.4, beats: [{ hertz: 523, length_s: 0.5 }, rest(1.9)] };
    case "drill":
      return { shape: "triangle", strength: 0.45, beats: spoken ? [...knock, ...said, rest(0.6)] : [...knock, rest(1.1)] };
  }
}
