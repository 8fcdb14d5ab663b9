// What a screen decides about a visit by itself: how long is left, whose it is, which questions to ask. The server decides the rest.
import { parse_ms } from "./age";
import { osloDate, osloMoment_ms } from "./oslo";
import type { Checklist, ChecklistItem, Risk, VisitView } from "./visit-contract";

export function isOut(visit: VisitView): boolean {
  return visit.state === "OUT" || visit.state === "GRACE" || visit.state === "OVERDUE";
}

/** Whether the portable alarm that they have along is lost, or has been opened: told only to those who watch. */
export function alarmIsWrong(visit: VisitView): visit is VisitView & { alarm: "lost" | "opened" } {
  return isOut(visit) && (visit.alarm === "lost" || visit.alarm === "opened");
}

export function isOver(visit: VisitView): boolean {
  return visit.state === "HOME" || visit.state === "CANCELLED";
}

/** Seconds until the deadline; negative once it has passed; null where there is none. */
export function left_s(visit: VisitView, now_ms: number): number | null {
  const at_ms = parse_ms(visit.deadline_at);
  return at_ms === null ? null : Math.round((at_ms - now_ms) / 1000);
}

/** 24:10, 1:05:00; the sign is said in words beside it. */
export function spanText(seconds: number): string {
  const total = Math.abs(seconds);
  const hours = Math.floor(total / 3600);
  const rest = `${Math.floor((total % 3600) / 60)}:${String(total % 60).padStart(2, "0")}`;
  return hours > 0 ? `${hours}:${rest.padStart(5, "0")}` : rest;
}

/** How near the deadline is: words, shape and colour follow it. */
export type Nearness = "calm" | "soon" | "late";

export function nearness(visit: VisitView, now_ms: number): Nearness {
  const seconds = left_s(visit, now_ms);
  if (visit.late || (seconds !== null && seconds <= 0)) return "late";
  return seconds !== null && seconds <= 300 ? "soon" : "calm";
}

/** The extensions in minutes that the server would still take. */
export function extensions_min(visit: VisitView): number[] {
  return [15, 30].filter((minutes) => minutes <= roomToExtend_min(visit));
}

/** How many minutes more the visit may still be given, in all. */
export function roomToExtend_min(visit: VisitView): number {
  return Math.max(0, Math.floor(((visit.times?.extend_max_s ?? 0) - visit.extended_s) / 60));
}

/** Whether this person's answer is waited for: as contact person, or as the one who leads where the level asks for it or something that it demands is lacking. */
export function waitsForMe(visit: VisitView): boolean {
  const decides = visit.required.includes("leader_decides") || visit.missing.length > 0;
  return visit.can.includes("accept_contact") || (visit.can.includes("approve") && decides && visit.approval === null);
}

/** Mine that runs or waits first, then what wants something of me, then by deadline. */
export function inOrder(visits: readonly VisitView[]): VisitView[] {
  const rank = (visit: VisitView): number => {
    if (isOver(visit)) return 4;
    if (visit.mine && isOut(visit)) return 0;
    if (visit.late) return 1;
    return visit.mine ? 2 : 3;
  };
  const at = (visit: VisitView): number => parse_ms(visit.deadline_at) ?? parse_ms(visit.starts_at) ?? 0;
  return [...visits].sort((one, other) => rank(one) - rank(other) || at(one) - at(other) || one.id.localeCompare(other.id));
}

const order: readonly Risk[] = ["low", "medium", "high", "stop"];

/** Which questions to ask now: gates open their own, a higher level asks more. The server says when any is missing. */
export function questions(checklist: Checklist, answers: Readonly<Record<string, boolean>>, risk: Risk): ChecklistItem[] {
  return checklist.items.filter((item) => {
    if (item.when !== "before" || item.answer !== "yes_no") return false;
    if (item.from_level && order.indexOf(risk) < order.indexOf(item.from_level)) return false;
    return !item.opened_by || answers[item.opened_by] === true;
  });
}

/** Answers of questions that are no longer asked are not sent: a gate that was closed again counts for nothing. */
export function answersAsked(checklist: Checklist, answers: Readonly<Record<string, boolean>>, risk: Risk): Record<string, boolean> {
  const asked = new Set(questions(checklist, answers, risk).map((item) => item.id));
  return Object.fromEntries(Object.entries(answers).filter(([id]) => asked.has(id)));
}

/** What is read at the door and inside, never ticked. */
export function reading(checklist: Checklist): ChecklistItem[] {
  return checklist.items.filter((item) => item.when === "door" || item.when === "inside");
}

/** `HH:MM` on the office's clock: the next time that it shows that, or the last where that is less than an hour ago. Null where it is no time. */
export function timeToday(value: string, now_ms: number): number | null {
  const match = /^([01]?\d|2[0-3])[:.]?([0-5]\d)$/.exec(value.trim());
  if (!match) return null;
  const time = `${(match[1] ?? "").padStart(2, "0")}:${match[2]}`;
  const today_ms = Date.parse(osloDate(now_ms));
  const days = [-1, 0, 1].map((day) => osloMoment_ms(new Date(today_ms + day * 86_400_000).toISOString().slice(0, 10), time));
  return days.find((at_ms) => at_ms !== null && at_ms >= now_ms - 3_600_000) ?? null;
}
