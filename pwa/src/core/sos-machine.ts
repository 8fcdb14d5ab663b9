// The SOS button as a table of states: a hold sends at once, a tap asks for three seconds first.
export const hold_ms = 1200;
export const countdown_ms = 3000;

export type SosState =
  | { name: "idle" }
  | { name: "holding"; since_ms: number; pointer: number }
  | { name: "counting"; since_ms: number }
  | { name: "sent"; at_ms: number };

/**
 * `pointer`: which finger; only the one that began holds. `back`: the page is in sight again, after the phone was locked or another
 * app was in front, and its timers may have slept.
 */
export type SosEvent =
  | { name: "down" | "up"; at_ms: number; pointer: number }
  | { name: "tap" | "abort" | "time" | "back" | "ready"; at_ms: number };

export const idle: SosState = { name: "idle" };

export function sosStep(state: SosState, event: SosEvent): SosState {
  switch (state.name) {
    case "idle":
      if (event.name === "down") return { name: "holding", since_ms: event.at_ms, pointer: event.pointer };
      return event.name === "tap" ? { name: "counting", since_ms: event.at_ms } : state;
    case "holding":
      // Nobody knows whether the thumb was down while the page slept: what was begun is counted out, in sight, and can be stopped.
      if (event.name === "back") return { name: "counting", since_ms: event.at_ms };
      if (event.at_ms - state.since_ms >= hold_ms) return { name: "sent", at_ms: event.at_ms };
      if (event.name === "up" && event.pointer === state.pointer) return { name: "counting", since_ms: event.at_ms };
      return event.name === "abort" ? idle : state;
    case "counting":
      if (event.name === "back") return { name: "counting", since_ms: event.at_ms };
      if (event.at_ms - state.since_ms >= countdown_ms) return { name: "sent", at_ms: event.at_ms };
      return event.name === "abort" ? idle : state;
    case "sent":
      return event.name === "ready" ? idle : state;
  }
}

/** How far the ring has come, 0 to 1. */
export function progress(state: SosState, now_ms: number): number {
  const part = (since_ms: number, whole_ms: number) => Math.max(0, Math.min(1, (now_ms - since_ms) / whole_ms));
  if (state.name === "holding") return part(state.since_ms, hold_ms);
  if (state.name === "counting") return part(state.since_ms, countdown_ms);
  return state.name === "sent" ? 1 : 0;
}
