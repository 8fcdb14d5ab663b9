// The rules of taps that wait to be sent: how old they are, and what a reply means for them.
export interface WaitingTap {
  /** The UUIDv7 made at the tap; the same one goes with every try. */
  id: string;
  kind: "action" | "signal" | "visit";
  /** The alarm, or the visit, that was tapped on. Null for a signal: which alarm it becomes is the server's answer. */
  alarm_id: string | null;
  body: Record<string, unknown>;
  tapped: Moment;
  tries: number;
}

/** One instant by both clocks; the steady one only means something within one life of the page. */
export interface Moment {
  wall_ms: number;
  steady_ms: number;
  page: number;
}

export interface Reply {
  /** 0: no answer at all. */
  status: number;
  reason: string | null;
}

export type Verdict = "confirmed" | "refused" | "try_again";

/** No server takes more: a phone whose clock was set right by years since the tap would be refused for ever. */
const OLDEST_S = 30 * 86_400;

/**
 * The larger of the two ages: some phones stop the steady clock while they sleep, and an answer that
 * looks younger than it is would be taken for a promise made now. Too old only leads to a question.
 */
export function age_s(tapped: Moment, now: Moment): number {
  const wall_s = (now.wall_ms - tapped.wall_ms) / 1000;
  const steady_s = now.page === tapped.page ? (now.steady_ms - tapped.steady_ms) / 1000 : 0;
  return Math.min(OLDEST_S, Math.max(0, Math.round(Math.max(wall_s, steady_s) * 10) / 10));
}

/** A cry for help is never refused: whatever the server says, it is tried again until there is a receipt. */
export function verdict(kind: WaitingTap["kind"], reply: Reply): Verdict {
  if (reply.status >= 200 && reply.status < 300) return "confirmed";
  if (kind === "signal" || reply.status === 0 || reply.status >= 500) return "try_again";
  // "busy": too many did something to this alarm at once. Nothing is wrong with the tap.
  return reply.reason === "busy" || [401, 408, 425, 429].includes(reply.status) ? "try_again" : "refused";
}

export function wait_ms(tries: number, random: () => number = Math.random): number {
  const top_ms = Math.min(10_000, 500 * 2 ** Math.min(tries, 5));
  return 250 + random() * top_ms;
}

/** `waiting` is in the order of the taps: later ones on an alarm wait for the earlier, so that they arrive in that order. */
export function nextToSend(waiting: readonly WaitingTap[]): WaitingTap[] {
  const first = new Map<string, WaitingTap>();
  for (const tap of waiting) {
    const queue = tap.kind === "signal" ? tap.id : (tap.alarm_id ?? "");
    if (!first.has(queue)) first.set(queue, tap);
  }
  return [...first.values()];
}
