// What the browser's tab says of a page that nobody looks at: the one alarm that matters most, or that nothing is known.
import { mustBeDiscreet, type ScreenPlace } from "./alarm-rules";
import type { Connection } from "./connection";
import type { AlarmView } from "./contract";

export type TabFace = { name: "calm" | "unknown" } | { name: "alarm" | "assist" | "drill"; place: string; count: number };

/** `open`: by urgency. Where visitors come in a silent alarm leaves the tab as it was: it is read across a counter. */
export function tabFace(open: readonly AlarmView[], place: ScreenPlace, connection: Connection): TabFace {
  const shown = open.filter((alarm) => !mustBeDiscreet(alarm, place));
  const first = shown[0];
  if (connection === "unknown") return { name: "unknown" };
  if (!first) return { name: "calm" };
  const where = first.place.zone || first.place.office;
  return { name: first.drill ? "drill" : first.level === "assist" ? "assist" : "alarm", place: where, count: shown.length };
}
