// Getting started: which steps there are on this phone, which one comes first, and when it is finished.
import { findings, verdictOf, type PhoneFacts, type Platform } from "./phone";

export type StartStep = "language" | "install" | "sign_in" | "push" | "pin" | "ready";

export interface StartFacts {
  platform: Platform;
  installed: boolean;
  /** By a session: the phone's own key alone opens none of this. */
  signed_in: boolean;
  /** A desk or a wall: what shows alarms there is its screen, not a push. */
  desk: boolean;
}

/** In their order, also those that cannot be taken here. */
export function stepsFor(facts: StartFacts): StartStep[] {
  return facts.desk ? ["language", "install", "sign_in", "ready"] : ["language", "install", "sign_in", "push", "pin", "ready"];
}

/** On an iPhone nothing reaches an app that is not on the Home Screen, and what is done before is lost to it: nothing comes after that step there. */
export function endsHere(step: StartStep, facts: StartFacts): boolean {
  return step === "install" && mustInstall(facts);
}

function mustInstall(facts: StartFacts): boolean {
  return facts.platform === "ios" && !facts.installed;
}

/** Whoever comes in by a link is asked from the start; whoever is signed in already, from where that left off. */
export function firstStep(facts: StartFacts, has_code: boolean): StartStep {
  if (!facts.signed_in) return "language";
  if (mustInstall(facts)) return "install";
  return has_code ? "sign_in" : (neighbour("sign_in", facts, 1) ?? "ready");
}

/** The next one or the one before; what is done for good is passed by: an app that is in its place, and a sign-in. Null where there is none. */
export function neighbour(step: StartStep, facts: StartFacts, by: 1 | -1): StartStep | null {
  if (by === 1 && endsHere(step, facts)) return null;
  const steps = stepsFor(facts);
  const to = steps[steps.indexOf(step) + by] ?? null;
  const done = (to === "install" && facts.installed) || (to === "sign_in" && facts.signed_in);
  return to !== null && done ? neighbour(to, facts, by) : to;
}

export type Proof = "proven" | "not_proven" | "cannot";

/** `test`: what became of the test message of this visit. Proven is only what the phone itself has answered; `cannot` where this office pushes nothing. */
export function proofOf(facts: PhoneFacts | null, test: string): Proof {
  if (facts === null) return "not_proven";
  if (findings(facts)[0] === "no_push_here") return "cannot";
  if (verdictOf(facts) !== "reachable") return "not_proven";
  return ["shown", "none", "too_soon"].includes(test) ? "proven" : "not_proven";
}

/** The eight characters of an invitation in what somebody has typed, pasted or scanned: the code itself, spaced or not, or the whole link. */
export function codeIn(text: string): string {
  const behind = text.includes("#") ? text.slice(text.lastIndexOf("#") + 1) : text;
  return behind.replace(/[^0-9A-Za-z]/g, "").toUpperCase().slice(0, 8);
}

/** As it is read aloud and copied by hand. */
export function spaced(code: string): string {
  return `${code.slice(0, 4)} ${code.slice(4)}`.trim();
}
