// The shapes that server and app say to each other, checked when they arrive (docs/api.md is the original).
import * as v from "valibot";

const text = v.fallback(v.nullable(v.string()), null);
const word = v.fallback(v.string(), "");
const count = v.fallback(v.number(), 0);
const flag = v.fallback(v.boolean(), false);
/** A list in which one bad item is left out instead of taking the good ones with it. */
const list = <T extends v.GenericSchema>(item: T) =>
  v.fallback(
    v.pipe(
      v.array(v.unknown()),
      v.transform((items) =>
        items.flatMap((one) => {
          const checked = v.safeParse(item, one);
          return checked.success ? [checked.output as v.InferOutput<T>] : [];
        }),
      ),
    ),
    [],
  );

export const stages = ["asked", "coming", "there", "taken", "sheltered", "cannot", "lapsed"] as const;
export const states = ["PENDING", "RAISED", "ACKNOWLEDGED", "ON_SCENE", "RESOLVED", "CANCELLED"] as const;
const stage = v.picklist(stages);

const told = v.object({
  count,
  reached: count,
  seen: count,
  failed: count,
  people: list(
    v.object({ person_id: word, name: word, status: v.picklist(["told", "reached", "seen", "failed"]), channel: text, contact: flag }),
  ),
});
const nobodyTold = { count: 0, reached: 0, seen: 0, failed: 0, people: [] };

const nobody = {
  near: false, told: false, is_presser: false, role: null, offered_role: null, stage: null, lapse_at: null,
  ask: null, ticks: [], open_roles: [], leads_drill: false, drill_ends_at: null, can: [],
};

const drill = v.fallback(
  v.object({ id: word, name: word, leader: v.fallback(v.nullable(v.object({ name: word, phone: v.string() })), null) }),
  { id: "", name: "", leader: null },
);

/**
 * Only the id, the version and the state are demanded: an alarm with one strange field must still be
 * drawn, because a thrown-away alarm looks the same as no alarm.
 */
export const alarmView = v.object({
  id: v.string(),
  version: v.number(),
  /** In a state that this app has never heard of it is open: rather one alarm too many on the screen than one too few. */
  state: v.pipe(v.string(), v.transform((state) => (states.find((one) => one === state) ?? "RAISED"))),
  office_id: word,
  level: v.fallback(v.picklist(["assist", "emergency"]), "emergency"),
  kind: word,
  situation: word,
  // Without the mark it is real; with a strange mark it is a drill all the same.
  drill: v.optional(v.nullable(drill), null),
  ended_drill: flag,
  place: v.fallback(
    v.object({ office: word, address: word, zone_id: text, zone: text, floor: text, detail: text, public: flag, also_in: list(v.string()) }),
    { office: "", address: "", zone_id: null, zone: null, floor: null, detail: null, public: false, also_in: [] },
  ),
  opened_at: word,
  pressed_at: text,
  received_at: word,
  late: flag,
  unverified: flag,
  presses: v.fallback(v.number(), 1),
  last_signal: count,
  presser: v.fallback(v.object({ name: text, device: text }), { name: null, device: null }),
  silent: flag,
  go_to_scene: v.fallback(v.picklist(["pair", "nobody", "sheltered"]), "nobody"),
  ring_presser: v.fallback(v.picklist(["never", "after_112", "yes"]), "never"),
  duress: flag,
  called_off: v.fallback(v.nullable(v.object({ at: word, by: text })), null),
  confirmed: v.fallback(v.nullable(v.object({ at: word, by: text, how: word })), null),
  police: v.fallback(v.object({ called_at: text, called_by: text, expected_at: text }), {
    called_at: null, called_by: null, expected_at: null,
  }),
  cover: list(v.object({ role: v.string(), need: count, have: count })),
  covered: flag,
  people: list(
    v.object({ person_id: word, name: word, role: text, stage, since: text, lapse_at: text, eta_at: text }),
  ),
  told: v.fallback(told, nobodyTold),
  marks: list(v.object({ mark: v.string(), at: word, by: text, value: text })),
  notes: list(v.object({ at: word, by: text, text: word })),
  step: v.fallback(v.nullable(v.object({ number: count, of: count, next_at: text })), null),
  outcome: v.fallback(v.nullable(v.object({ outcome: word, at: word, by: text, alarm_id: text })), null),
  /** Away from the person: the visit that they were out on. */
  visit: v.fallback(
    v.nullable(v.object({
      id: v.string(),
      people: list(v.object({ id: word, name: word })),
      contact: v.fallback(v.nullable(v.object({ id: word, name: word })), null),
      deadline_at: text, ends_at: text, heard_at: text, transport: word,
      position: v.fallback(v.nullable(v.object({ lat: v.number(), lon: v.number(), accuracy_m: v.nullable(v.number()), at: v.nullable(v.string()) })), null),
      settle: flag,
    })),
    null,
  ),
  me: v.fallback(
    v.object({
      near: flag, told: flag, is_presser: flag, role: text, offered_role: text,
      stage: v.fallback(v.nullable(stage), null),
      lapse_at: text,
      ask: v.fallback(
        v.nullable(v.object({ kind: v.picklist(["late_ack", "still_there", "turn_back"]), answer_by: text })),
        null,
      ),
      ticks: list(v.string()),
      open_roles: list(v.string()),
      leads_drill: flag,
      drill_ends_at: text,
      can: list(v.string()),
    }),
    nobody,
  ),
});

const sequence = v.fallback(v.record(v.string(), v.number()), {});

export const frame = v.variant("type", [
  v.object({
    type: v.literal("welcome"), epoch: v.string(), server_time: v.string(), snapshot: v.boolean(), seq: sequence, alarms: list(alarmView),
    protocol: v.fallback(v.nullable(v.number()), null),
  }),
  v.object({ type: v.literal("alarms"), seq: sequence, alarms: list(alarmView), server_time: v.string() }),
  v.object({ type: v.literal("delivery"), news: v.array(v.object({ alarm_id: v.string(), told })) }),
  v.object({ type: v.literal("heartbeat"), server_time: v.string(), seq: sequence }),
  v.object({ type: v.literal("now"), office_id: v.string() }),
  v.object({ type: v.literal("visits"), office_id: v.string() }),
  v.object({ type: v.literal("drills"), office_id: v.string() }),
  v.object({ type: v.literal("configuration") }),
  v.object({ type: v.literal("proof"), id: v.string() }),
  v.object({ type: v.literal("pong"), n: v.number(), server_time: v.string() }),
]);

export type AlarmView = v.InferOutput<typeof alarmView>;
export type Told = v.InferOutput<typeof told>;
export type Frame = v.InferOutput<typeof frame>;
export type Sequence = Record<string, number>;
export type Stage = (typeof stages)[number];
export type AlarmPerson = AlarmView["people"][number];

export const openAlarms = v.object({ epoch: v.string(), seq: sequence, alarms: list(alarmView) });

export function readFrame(raw: unknown): Frame | null {
  const checked = v.safeParse(frame, raw);
  return checked.success ? checked.output : null;
}

/** How many alarms of what the server said could not be read. They are there all the same: that must be said, and never claimed to be drawn. */
export function unreadIn(raw: unknown, read: { alarms?: readonly AlarmView[] } | null): number {
  const given = typeof raw === "object" && raw !== null ? (raw as { alarms?: unknown }).alarms : null;
  return Array.isArray(given) ? given.length - (read?.alarms?.length ?? 0) : 0;
}

export function readAlarm(raw: unknown): AlarmView | null {
  const checked = v.safeParse(alarmView, raw);
  return checked.success ? checked.output : null;
}

export function readOpenAlarms(raw: unknown): v.InferOutput<typeof openAlarms> | null {
  const checked = v.safeParse(openAlarms, raw);
  return checked.success ? checked.output : null;
}
