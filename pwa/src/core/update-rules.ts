// When a newer app may take the old one's place, and whether server and app speak the same: never in the middle of anything.

/** How this app and the server talk (docs/api.md). It changes when an app of before would misread what a server says now, or the reverse. */
export const protocol = 1;

export type ServerSpeaks = "same" | "newer" | "older";

/** Servers of before the number was said say none. */
export function compare(theirs: number | null): ServerSpeaks {
  if ((theirs ?? 0) === protocol) return "same";
  return (theirs ?? 0) > protocol ? "newer" : "older";
}

export interface Busy {
  alarms: number;
  /** A cry for help is being held or counted down, or anything has not been sent yet. */
  unsent: boolean;
  /** This person is out on a visit. */
  out: boolean;
  /** The small window would be shut with the page. */
  small_window: boolean;
  /** The server is heard: an app that starts where there is none shows less than the one that ran. */
  connected: boolean;
  visible: boolean;
  typed_ms: number;
  touched_ms: number;
  now_ms: number;
}

/** Whoever has begun to write has a form half filled in. */
const typed_lately_ms = 600_000;
const touched_lately_ms = 20_000;

/** Starting the app anew would hide no alarm, lose no tap and no text, and take nothing from under somebody's thumb. */
export function mayRestart(busy: Busy): boolean {
  if (busy.alarms > 0 || busy.unsent || busy.out || busy.small_window || !busy.connected) return false;
  if (busy.now_ms - busy.typed_ms < typed_lately_ms) return false;
  return !busy.visible || busy.now_ms - busy.touched_ms >= touched_lately_ms;
}
