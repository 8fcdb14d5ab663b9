// Whether this phone would ring: what is known of it, what that amounts to, and what is to be done about each gap.

export type Platform = "ios" | "android" | "desktop";

/** What the server says of this phone (`GET /api/push`). */
export interface KnownPhone {
  id: string;
  label: string;
  health: "fine" | "unsure" | "dead";
  trouble: string;
  sent_at: string | null;
  shown_at: string | null;
}

export interface PhoneFacts {
  platform: Platform;
  /** Opened from the home screen or as a program of its own. */
  installed: boolean;
  /** The browser has service workers, push and notifications. On iPhones only once installed. */
  able: boolean;
  permission: "default" | "granted" | "denied";
  subscribed: boolean;
  /** Asked for a subscription, and did not get one. */
  failed: boolean;
  /** Null: the server has not answered. */
  server: { pushes: boolean; sms: boolean; known: KnownPhone | null } | null;
  sound: boolean;
}

export type Verdict = "reachable" | "unsure" | "sms_only" | "screen_only";

export type Finding =
  | "no_answer" | "no_push_here" | "not_installed" | "not_able" | "not_asked" | "denied" | "failed" | "not_subscribed" | "not_known" | "dead"
  | "trouble" | "unproven" | "not_shown" | "sound_off" | "quiet_unknown";

/** `grave`: this phone cannot be pushed to. `gap`: not proven. `note`: nothing that Varde can see. */
export type Weight = "grave" | "gap" | "note";

export const weights: Record<Finding, Weight> = {
  no_answer: "gap", no_push_here: "grave", not_installed: "grave", not_able: "grave", not_asked: "grave", denied: "grave", failed: "grave",
  not_subscribed: "grave", not_known: "grave", dead: "grave", trouble: "gap", unproven: "gap", not_shown: "gap", sound_off: "note", quiet_unknown: "note",
};

/** In the order in which they are to be mended: one stands in the way of the next. */
export function findings(facts: PhoneFacts): Finding[] {
  const found: Finding[] = [];
  const blocked = blockedBy(facts);
  if (blocked) found.push(blocked);
  else if (facts.server === null) found.push("no_answer");
  else {
    const gap = gapOf(facts.server.known);
    if (gap) found.push(gap);
  }
  if (!facts.sound) found.push("sound_off");
  // Nothing on the web tells whether a phone is silent or in a focus: it is said each time rather than taken for fine.
  found.push("quiet_unknown");
  return found;
}

/** The first thing that keeps pushes from this phone; null where nothing does. */
function blockedBy(facts: PhoneFacts): Finding | null {
  if (facts.server !== null && !facts.server.pushes) return "no_push_here";
  if (facts.platform === "ios" && !facts.installed) return "not_installed";
  if (!facts.able) return "not_able";
  if (facts.permission === "denied") return "denied";
  if (facts.permission === "default") return "not_asked";
  if (facts.failed) return "failed";
  if (!facts.subscribed) return "not_subscribed";
  if (facts.server !== null && facts.server.known === null) return "not_known";
  return facts.server?.known?.health === "dead" ? "dead" : null;
}

function gapOf(known: KnownPhone | null): Finding | null {
  if (known === null || known.health === "fine") return null;
  if (known.trouble !== "") return "trouble";
  if (known.shown_at === null) return "unproven";
  return known.sent_at !== null && known.sent_at > known.shown_at ? "not_shown" : "unproven";
}

/** Reachable only when it has been proven; what is unknown is never called fine. */
export function verdictOf(facts: PhoneFacts): Verdict {
  const found = findings(facts).map((one) => weights[one]);
  if (found.includes("grave")) return facts.server?.sms ? "sms_only" : facts.server === null ? "unsure" : "screen_only";
  return found.includes("gap") ? "unsure" : "reachable";
}

export function platformOf(agent: string, touchPoints: number): Platform {
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1)) return "ios";
  return /Android/.test(agent) ? "android" : "desktop";
}

/** A link that is opened in a mail or chat app stays in that app's own little browser, which can neither install nor be pushed to. */
export function insideAnotherApp(agent: string, platform: Platform, installed: boolean): boolean {
  if (platform === "ios") return !installed && !/Safari\//.test(agent);
  return platform === "android" && /; wv\)/.test(agent);
}

/** What the phone is called in lists: the kind of machine, and whether it is the installed app. */
export function labelOf(agent: string, touchPoints: number, installed: boolean): string {
  const kinds: [RegExp, string][] = [[/iPhone/, "iPhone"], [/iPad/, "iPad"], [/Android/, "Android"], [/Windows/, "Windows"], [/Macintosh/, touchPoints > 1 ? "iPad" : "Mac"], [/Linux|X11|CrOS/, "Linux"]];
  const kind = kinds.find(([pattern]) => pattern.test(agent))?.[1] ?? "?";
  return installed ? `${kind}, app` : kind;
}
