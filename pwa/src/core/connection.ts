// How sure we are that we would hear an alarm: three states, and grey is never called fine.
export const silence_limit_s = 25;

export interface LineState {
  /** The socket has said welcome and has not been closed. */
  open: boolean;
  /** When the server last said anything, by the phone's own clock. */
  heard_ms: number | null;
}

export type Connection = "connected" | "connecting" | "unknown";

export function connectionOf(line: LineState, now_ms: number): Connection {
  if (line.heard_ms === null) return line.open ? "connecting" : "unknown";
  if (now_ms - line.heard_ms > silence_limit_s * 1000) return "unknown";
  return line.open ? "connected" : "connecting";
}

/** Full jitter, so that a whole county does not knock at the same moment after a restart. */
export function backOff_s(attempt: number, alarmOpen: boolean, random: () => number = Math.random): number {
  const floor_s = 0.5;
  const ceiling_s = alarmOpen ? 3 : 15;
  const top_s = Math.min(ceiling_s, floor_s * 2 ** Math.min(attempt, 10));
  return floor_s + random() * Math.max(0, top_s - floor_s);
}
