// The shapes of visits, checked when they arrive (docs/api.md is the original).
import * as v from "valibot";
import type { Translated } from "./session-contract";

const text = v.fallback(v.nullable(v.string()), null);
const word = v.fallback(v.string(), "");
const flag = v.fallback(v.boolean(), false);
const person = v.object({ id: v.string(), name: word });
const many = v.fallback(v.array(v.string()), []);

export const visitStates = ["PLANNED", "OUT", "GRACE", "OVERDUE", "HOME", "CANCELLED"] as const;
export const risks = ["low", "medium", "high", "stop"] as const;

/** Only the id and the state are demanded: a visit with one strange field must still be shown. */
export const visitView = v.object({
  id: v.string(),
  state: v.picklist(visitStates),
  version: v.fallback(v.number(), 0),
  office_id: word,
  type: word,
  people: v.fallback(v.array(person), []),
  contact: v.fallback(v.nullable(person), null),
  contact_accepted: flag,
  starts_at: word,
  ends_at: word,
  started_at: text,
  deadline_at: text,
  why: text,
  heard_at: text,
  late: flag,
  mine: flag,
  phones: v.fallback(v.record(v.string(), v.string()), {}),
  where: v.fallback(v.nullable(v.object({ address: word, detail: word, transport: word, exit_reason: word })), null),
  risk: v.fallback(v.nullable(v.picklist(risks)), null),
  required: many,
  missing: many,
  approval: v.fallback(v.nullable(v.object({ yes: flag, by: person, reason: word, waived: many })), null),
  device_id: text,
  alarm: v.fallback(v.nullable(v.picklist(["well", "lost", "opened"])), null),
  rung: v.fallback(v.nullable(v.picklist(["worker", "contact", "leader"])), null),
  times: v.fallback(v.nullable(v.object({ interval_s: v.number(), extend_max_s: v.number(), uncovered_max_s: v.number(), pin_at_end: v.boolean() })), null),
  extended_s: v.fallback(v.number(), 0),
  home: v.fallback(v.nullable(v.object({ at: word, how: word, late: flag })), null),
  debriefed: text,
  may_report: flag,
  seems_home: flag,
  office_at: v.fallback(v.nullable(v.object({ lat: v.number(), lon: v.number() })), null),
  duress: flag,
  alarms: many,
  position: v.fallback(v.nullable(v.object({ lat: v.number(), lon: v.number(), accuracy_m: v.nullable(v.number()), at: v.nullable(v.string()) })), null),
  can: many,
});

export type VisitView = v.InferOutput<typeof visitView>;
export type Risk = (typeof risks)[number];

export function readVisit(raw: unknown): VisitView | null {
  const checked = v.safeParse(visitView, raw);
  return checked.success ? checked.output : null;
}

export function readVisits(raw: unknown): VisitView[] | null {
  const list = typeof raw === "object" && raw !== null ? (raw as Record<string, unknown>)["visits"] : null;
  return Array.isArray(list) ? list.flatMap((one) => readVisit(one) ?? []) : null;
}

export interface ChecklistItem {
  id: string;
  section: string;
  when: "before" | "door" | "inside" | "after";
  answer: string;
  texts: Translated;
  opened_by: string;
  from_level: Risk | null;
}

export interface Checklist {
  types: { id: string; names: Translated; defaults: Record<string, string>; interval_s: number; longest_s: number }[];
  sections: Record<string, Translated>;
  items: ChecklistItem[];
  levels: { id: Risk; names: Translated; measures: string[] }[];
  measures: Record<string, Translated>;
}

export interface Assessment {
  risk: Risk;
  measures: string[];
  required: string[];
  unanswered: string[];
}

export interface Choices {
  people: { id: string; name: string; on_duty: boolean; away: boolean; leads: boolean }[];
  devices: { id: string; name: string; mine: boolean; taken: boolean; heard_at: string | null; battery: number | null }[];
}

export interface Preflight {
  at: string;
  word: "fine" | "unsure" | "wrong";
  links: { name: string; word: "fine" | "unsure" | "wrong"; detail: Record<string, unknown> }[];
}
