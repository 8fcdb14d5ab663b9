// The SOS button as a table of states: a hold sends at once, a tap asks for three seconds first.
export const hold_ms = 1200;
export const countdown_ms = 3000;
/** The last frame before the end of a hold may come this much early. */
const hold_slack_ms = 30;

export type SosState =
  | { name: "idle" }
  | { name: "holding"; since_ms: number }
  | { name: "counting"; since_ms: number }
  | { name: "sent"; at_ms: number };

export type SosEvent =
  | { name: "down" | "up" | "tap" | "abort" | "time" | "ready"; at_ms: number };

export const idle: SosState = { name: "idle" };

export function sosStep(state: SosState, event: SosEvent): SosState {
  switch (state.name) {
    case "idle":
      if (event.name === "down") return { name: "holding", since_ms: event.at_ms };
      return event.name === "tap" ? { name: "counting", since_ms: event.at_ms } : state;
    case "holding":
      if (event.at_ms - state.since_ms >= hold_ms - hold_slack_ms) return { name: "sent", at_ms: event.at_ms };
      if (event.name === "up") return { name: "counting", since_ms: event.at_ms };
      return event.name === "abort" ? idle : state;
    case "counting":
      if (event.name === "abort") return idle;
      return event.at_ms - state.since_ms >= countdown_ms ? { name: "sent", at_ms: event.at_ms } : state;
    case "sent":
      return event.name === "ready" ? idle : state;
  }
}

/** How far the ring has come, 0 to 1. */
export function progress(state: SosState, now_ms: number): number {
  if (state.name === "holding") return Math.min(1, (now_ms - state.since_ms) / hold_ms);
  if (state.name === "counting") return Math.min(1, (now_ms - state.since_ms) / countdown_ms);
  return state.name === "sent" ? 1 : 0;
}
