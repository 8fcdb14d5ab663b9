// What a screen decides about a drill by itself: in which group it stands, and what time its time line is at. The server decides the rest.
import { parse_ms } from "./age";
import type { DrillView } from "./drill-contract";

export type DrillGroup = "running" | "coming" | "to_evaluate" | "done";

export function groupOf(drill: DrillView): DrillGroup {
  if (drill.state === "RUNNING") return "running";
  if (drill.state === "PLANNED" || drill.state === "ANNOUNCED") return "coming";
  return drill.state === "STOPPED" ? "to_evaluate" : "done";
}

/** What comes soonest first; of what is over, the newest first. */
export function inDrillOrder(drills: readonly DrillView[], group: DrillGroup): DrillView[] {
  const at = (drill: DrillView): number => parse_ms(drill.starts_at) ?? 0;
  const sign = group === "done" || group === "to_evaluate" ? -1 : 1;
  return drills.filter((one) => groupOf(one) === group).sort((one, other) => sign * (at(one) - at(other)) || one.id.localeCompare(other.id));
}

/** Whether the viewer leads an office of it and has not answered for it. */
export function waitsForApprovalBy(drill: Pick<DrillView, "can" | "approvals">): boolean {
  return drill.can.includes("approve") && drill.approvals.some((one) => one.mine && one.answer === null);
}

/** Whether the lead of each of its offices has said yes. Those who may not know who has are shown no offices: then it is not said. */
export function isApproved(drill: Pick<DrillView, "approvals">): boolean {
  return drill.approvals.length > 0 && drill.approvals.every((one) => one.answer?.yes === true);
}

/** Seconds on the drill's own clock: negative during the countdown; null before somebody has started it. */
export function clock_s(drill: Pick<DrillView, "zero_at">, now_ms: number): number | null {
  const zero_ms = parse_ms(drill.zero_at);
  return zero_ms === null ? null : Math.floor((now_ms - zero_ms) / 1000);
}

/** 0:07, 12:30, −0:20. */
export function lineTime(seconds: number): string {
  const whole = Math.abs(Math.round(seconds));
  return `${seconds < 0 ? "−" : ""}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** `2:30` or `150` as seconds; empty: by hand; undefined where it is neither. */
export function readLineTime(typed: string): number | null | undefined {
  const value = typed.trim();
  if (value === "") return null;
  const parts = /^(?:(\d{1,3}):)?(\d{1,4})$/.exec(value);
  if (!parts) return undefined;
  const [minutes, seconds] = [Number(parts[1] ?? 0), Number(parts[2])];
  return parts[1] !== undefined && seconds > 59 ? undefined : minutes * 60 + seconds;
}

/** Seconds between two moments of the server's, with one decimal; null where either is unknown. */
export function between_s(from: string | null, to: string | null): number | null {
  const [start, end] = [parse_ms(from), parse_ms(to)];
  return start === null || end === null ? null : Math.round((end - start) / 100) / 10;
}
