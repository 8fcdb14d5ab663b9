// What a wall knows, and when it covers itself: a picture from before is worse than none, for everybody believes it.
import type { AlarmView, Stage } from "./contract";
import { silence_limit_s } from "./connection";

/** The visits are read each minute, and whenever the server rings. */
const board_limit_ms = 130_000;

export interface WallFacts {
  heard_ms: number | null;
  now_ms: number;
  /** Whether the server has told its time on this line. */
  clock_known: boolean;
}

export function mustCover({ heard_ms, now_ms, clock_known }: WallFacts): boolean {
  return !clock_known || heard_ms === null || now_ms - heard_ms > silence_limit_s * 1000;
}

export function boardKnown(read_ms: number | null, now_ms: number): boolean {
  return read_ms !== null && now_ms - read_ms <= board_limit_ms;
}

/** How many come, are there, have taken it. */
export function headCounts(alarm: AlarmView): { coming: number; there: number; taken: number } {
  const count = (stage: Stage) => alarm.people.filter((person) => person.stage === stage).length;
  return { coming: count("coming"), there: count("there"), taken: count("taken") };
}

/** A still picture burns into the glass: all of it moves by some pixels each minute, in a square, without being seen to move. */
export function shift_px(now_ms: number): { x: number; y: number } {
  const corner = Math.floor(now_ms / 60_000) % 4;
  return { x: corner === 1 || corner === 2 ? 8 : 0, y: corner >= 2 ? 8 : 0 };
}
