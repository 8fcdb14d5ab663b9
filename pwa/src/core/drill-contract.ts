// The shapes of planned drills, checked when they arrive (docs/api.md is the original).
import * as v from "valibot";
import type { Translated } from "./session-contract";

const text = v.fallback(v.nullable(v.string()), null);
const word = v.fallback(v.string(), "");
const flag = v.fallback(v.boolean(), false);
const count = v.fallback(v.number(), 0);
const maybe = <T extends v.GenericSchema>(schema: T) => v.fallback(v.nullable(schema), null);
const list = <T extends v.GenericSchema>(schema: T) => v.fallback(v.array(schema), []);
const words = v.fallback(v.object({ nn: word, nb: word, en: word }), { nn: "", nb: "", en: "" });
const person = v.object({ id: v.string(), name: word });
const given = maybe(v.object({ at: word, by_hand: flag }));
const finding = v.object({ id: v.string(), text: word, owner: person, due_on: word, at: word, closed_at: text, outcome: word });
const consulted = maybe(v.object({ who: person, at: word, by: person, remark: word }));

export const drillStates = ["PLANNED", "ANNOUNCED", "RUNNING", "STOPPED", "REPORTED", "CANCELLED"] as const;

/** Only the id and the state are demanded. From `exercise` on: for coordinators, leads and safety representatives, null for others. */
export const drillView = v.object({
  id: v.string(),
  state: v.picklist(drillStates),
  version: count,
  office_id: word,
  name: word,
  title: words,
  goal: words,
  form: word,
  notice: word,
  offices: list(v.string()),
  leader: maybe(v.object({ id: v.string(), name: word, phone: word })),
  week: word,
  starts_at: text,
  ends_at: text,
  zero_at: text,
  runs_until: text,
  stopping: maybe(v.object({ at: word, why: word, by: maybe(person), alarm_id: text })),
  takes_part: flag,
  observes: flag,
  my_roles: list(v.string()),
  my_injects: list(v.object({ id: v.string(), channel: word, to: word, text: words, at: word })),
  my_findings: list(finding),
  questions: list(v.object({ id: v.string(), answer: word, text: words })),
  can: list(v.string()),
  alarms: list(v.string()),
  exercise: maybe(v.looseObject({ id: v.string(), roles: list(v.string()) })),
  presses: list(v.object({
    id: v.string(), office_id: word, kind: word, zone_id: text, zone: text, device_id: text, device: text, person: maybe(person), at_s: maybe(v.number()), given,
  })),
  injects: list(v.object({ id: v.string(), at_s: maybe(v.number()), channel: word, to: word, text: words, given })),
  participants: list(person),
  observers: list(person),
  cast: list(v.object({ role: v.string(), id: v.string(), name: word })),
  left_out: maybe(v.array(person)),
  left_out_count: maybe(v.number()),
  approvals: list(v.object({
    office_id: v.string(), office: word, mine: flag, asked: list(person), answer: maybe(v.object({ yes: flag, at: word, by: person, reason: word })),
  })),
  representatives: list(person),
  consulted,
  planned_by: maybe(person),
  announced_at: text,
  attended: list(person),
  findings: list(finding),
  summary: word,
  remark: consulted,
  reported: maybe(v.object({ at: word, by: maybe(person) })),
});

export type DrillView = v.InferOutput<typeof drillView>;
export type Finding = DrillView["findings"][number];

export function readDrill(raw: unknown): DrillView | null {
  const checked = v.safeParse(drillView, raw);
  return checked.success ? checked.output : null;
}

export function readDrills(raw: unknown): { drills: DrillView[]; left_out: boolean } | null {
  const body = typeof raw === "object" && raw !== null ? (raw as Record<string, unknown>) : {};
  if (!Array.isArray(body["drills"])) return null;
  return { drills: body["drills"].flatMap((one) => readDrill(one) ?? []), left_out: body["left_out"] === true };
}

const counts = { told: count, reached: count, seen: count, coming: count, there: count, cannot: count, failed: count };
const target = v.object({ id: v.string(), mark: text, metric: text, from: word, within_s: count, alarm_id: text, seconds: maybe(v.number()), word });
export const reachWords = ["told", "reached", "seen", "coming", "there", "cannot", "failed"] as const;

export const drillBoard = v.object({
  server_time: word,
  zero_at: text,
  counts: v.fallback(v.object(counts), { told: 0, reached: 0, seen: 0, coming: 0, there: 0, cannot: 0, failed: 0 }),
  alarms: list(v.object({
    id: v.string(), office_id: word, zone: text, state: word, opened_at: word, ended_at: text, outcome: text, covered: flag,
    step: v.fallback(v.object({ number: count, of: count, next_at: text }), { number: 0, of: 0, next_at: null }),
    cover: list(v.object({ role: v.string(), need: count, have: count })),
    marks: list(v.object({ mark: v.string(), at: word })),
  })),
  people: list(v.object({
    alarm_id: word, person_id: v.string(), name: word, role: text, status: v.fallback(v.picklist(reachWords), "told"), told_at: text, reached_at: text,
    seen_at: text, coming_at: text, there_at: text, cannot_at: text,
    channels: list(v.object({ channel: v.string(), tried_at: text, reached_at: text, failed: flag })),
  })),
  offices: list(v.object({ office_id: v.string(), ...counts })),
  targets: list(target),
  would_have: list(v.object({ alarm_id: word, contacts: list(v.object({ contact: v.string(), name: word, channels: list(v.string()) })), people: count })),
  evaluations: count,
});
export type DrillBoard = v.InferOutput<typeof drillBoard>;

export function readBoard(raw: unknown): DrillBoard | null {
  const checked = v.safeParse(drillBoard, raw);
  return checked.success ? checked.output : null;
}

export interface ExerciseText {
  id: string;
  title: Translated;
  goal: Translated;
  form: string;
  duration_min: number;
  notice: string;
  roles: string[];
  setup?: Translated[];
  injects?: { id: string; at_s: number | null; to: string; text: Translated }[];
  office_id?: string | null;
}

export interface Catalogue {
  exercises: ExerciseText[];
  forms: Record<string, Translated>;
  notices: Record<string, Translated>;
  rules: Record<string, Translated>;
  metrics: Record<string, Translated>;
}

export interface Clash {
  kind: string;
  office_id: string;
  count: number;
  blocks: boolean;
}

export interface DryRun {
  /** `name` is null where this viewer gets people as numbers. */
  told: { office_id: string; person_id: string | null; name: string | null; people: number; at_s: number; contact: boolean; channels: { channel: string; at_s: number }[] }[];
  would_have: { contact: string | null; name: string | null; at_s: number; channels: string[]; people: number }[];
  injects: { id: string; at_s: number | null; people: { id: string; name: string }[]; count: number }[];
}
