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
  /** `key`: nobody is signed in, but the phone is known by its own key: it may raise and answer. Older servers do not say: then somebody is. */
  tier?: "session" | "key";
  /** Whether this person has a PIN. */
  pin?: boolean;
  /** Whether choosing a PIN asks for the one there is. */
  old_pin?: boolean;
  person: { id: string; name: string; language: Language };
  demo: boolean;
  surface: Surface;
  zone_id: string | null;
  /** Whether visitors come into the room of this desk or wall. Null where it is not known: then it is taken for open. */
  zone_public: boolean | null;
  offices: OfficeAccess[];
  server_time: string;
}

/** Who may use a desk's page: those at the counter, and those who lead, drill or administer. */
export function mayHaveDesk(session: Session): boolean {
  return session.offices.some((office) => plansDrillsBy(office.access) || office.access.includes("desk"));
}

/** What somebody may do at an office, by the access there. The server decides; this only spares people ways that it would refuse. */
const has = (...wanted: string[]) => (access: readonly string[]): boolean => access.some((one) => wanted.includes(one));

/** Leads the office: sees how ready it is, lets colleagues in, takes lost phones away. */
export const leadsBy = has("office_lead", "administrator");
/** Reads what has become of reports, and the numbers. */
export const followsUpBy = has("office_lead", "administrator", "safety_representative");
export const plansDrillsBy = has("office_lead", "administrator", "drill_coordinator");

/** The offices of this person that are led so, followed up so, or whose drills are planned so. */
export const officesWhere = (session: Session, may: (access: readonly string[]) => boolean): OfficeAccess[] => session.offices.filter((office) => may(office.access));

export const mayLead = (session: Session): boolean => officesWhere(session, leadsBy).length > 0;

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
  marks: Record<string, { text: Translated; asks: null | "time"; set_by: string[]; tap?: boolean }>;
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

/** A floor as the office has drawn it; the area of a zone has the id `zone-` and the zone's id. */
export interface OfficeDrawing {
  floor: string;
  svg: string;
  zones: string[];
}

export interface OfficePlace {
  office_id: string;
  /** Null: no map is set up. */
  map: { credit: string; zoom_least: number; zoom_most: number } | null;
  position: { lat: number; lon: number } | null;
  drawings: OfficeDrawing[];
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
  /** Of a portable alarm: who has it, since when it has been taken from the shelf, and whether it has been pressed as a test since. */
  carrier?: { id: string; name: string } | null;
  since?: string | null;
  proven?: boolean | null;
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

/** `none`: there is no button, and so no chain. `at`: when it was last whole, as far as a screen. `unproven`: of what is unknown, all of it or only its last link.
 * `screens`, `deaf`: how many were there at the last test, and how many of them did not answer. */
export interface ProofNow {
  state: "fine" | "broken" | "unknown" | "none";
  broken: "gateway" | "broker" | "screens" | null;
  at: string | null;
  tried_at: string | null;
  unproven: "chain" | "screens" | null;
  screens: number;
  deaf: number;
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
  /** `spool`: whether its disk takes what it hears. Not from an older server. */
  gateway: { state: "ok" | "silent" | "unknown"; heard_at: string | null; spool?: "ok" | "broken" };
  /** How the chain from button to screen stands. Not from an older server. */
  proof?: ProofNow;
  devices: DeviceNow[];
  contacts: { name: string; phone: string }[];
  phone: string | null;
  /** Where Varde reads messages, for an alarm that does not get through. Null where it reads none. */
  sms: string | null;
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
  drill: boolean;
}
