// The shapes of everything that is fetched now and then: who is signed in, contents, cards, who can be reached.
export type Language = "nb" | "nn" | "en";
export type Translated = Record<Language, string>;
export type Surface = "phone" | "desk" | "wallboard";
export type Duty = "off" | "on_duty" | "present";

export interface OfficeAccess {
  id: string;
  name: string;
  access: string[];
  roles: string[];
  duty: Duty;
}

export interface Session {
  person: { id: string; name: string; language: Language };
  demo: boolean;
  surface: Surface;
  zone_id: string | null;
  offices: OfficeAccess[];
  server_time: string;
}

export interface DemoPerson {
  id: string;
  name: string;
  title: Translated;
  office_id: string;
  office_name: string;
  surface: Surface;
  zone_id: string | null;
}

export interface QuickSwitch {
  id: string;
  label: Translated;
  meaning: Translated;
  offered_in: string[];
  to_situation: string;
}

export interface Content {
  version: string;
  roles: Record<string, { name: Translated; purpose: Translated }>;
  marks: Record<string, { text: Translated; asks: null | "time"; set_by: string[] }>;
  situations: Record<string, { when: Translated; level: string; silent: boolean; go_to_scene: string; ring_presser: string }>;
  levels: Record<string, { name: Translated; meaning: Translated }>;
  go_to_scene: Record<string, Translated>;
  ring_presser: Record<string, Translated>;
  quick_switches: QuickSwitch[];
  labels: Record<string, Translated>;
}

export interface CardStep {
  id: string;
  must: boolean;
  mark: string | null;
  text: Translated;
}

export interface RoleCardContent {
  situation: string;
  role: string;
  steps: CardStep[];
}

export interface OfficeCards {
  office_id: string;
  cards: RoleCardContent[];
}

export interface DeviceNow {
  id: string;
  name: string;
  zone: string | null;
  kind: string;
  state: "ok" | "silent" | "offline" | "unknown";
  heard_at: string | null;
  battery: number | null;
  flags: string[];
  tested_at: string | null;
}

/** A role that presses would need, and how many of those who can be reached would fill it. */
export interface RoleGap {
  role: string;
  need: number;
  have: number;
  situations: string[];
}

export interface Readiness {
  /** unsure: it hangs on people of whom nothing proves that they can be reached; `gaps` then names their roles. */
  state: "ready" | "unsure" | "gaps" | "nobody";
  reached: number;
  sure: number;
  gaps: RoleGap[];
  channels: { channel: string; people: number; sure: number }[];
}

export interface OfficeNow {
  office_id: string;
  name: string;
  address: string;
  at: string;
  present: number;
  on_duty: number;
  /** Null from a server that does not say: then nothing is known. */
  readiness: Readiness | null;
  reachable: { person_id: string; name: string; roles: string[]; duty: Duty; screen: boolean; channels: string[]; sure: boolean }[];
  roles: { role: string; reachable: number }[];
  gateway: { state: "ok" | "silent" | "unknown"; heard_at: string | null };
  devices: DeviceNow[];
  contacts: { name: string; phone: string }[];
  phone: string | null;
  /** For what this person may arm a button. */
  may_arm: ("test" | "drill")[];
}

export interface LogEntry {
  n: number;
  at: string;
  who: { id: string; name: string } | null;
  what: string;
  data: Record<string, unknown>;
}

export interface AlarmLog {
  entries: LogEntry[];
  intact: boolean;
}
