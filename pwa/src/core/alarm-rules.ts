// What follows from alarm views for the screen: which are open, which need my answer, what sounds.
import type { AlarmView, Stage } from "./contract";
import type { Surface } from "./session-contract";

const ended: readonly AlarmView["state"][] = ["RESOLVED", "CANCELLED"];
const answered: readonly Stage[] = ["coming", "there", "taken", "sheltered", "cannot"];

/** Whether it is in this office, or may be: one who serves several and is checked in to none is sought in all. */
export const mayBeIn = (alarm: AlarmView, office_id: string): boolean => alarm.office_id === office_id || alarm.place.also_in.includes(office_id);

export function isOpen(alarm: AlarmView): boolean {
  return !ended.includes(alarm.state);
}

export function can(alarm: AlarmView, action: string): boolean {
  return alarm.me.can.includes(action);
}

export function hasAnswered(alarm: AlarmView): boolean {
  return alarm.me.stage !== null && answered.includes(alarm.me.stage);
}

/** Somebody wants to know whether I come: this alarm owns the screen until I have said. */
export function needsMyAnswer(alarm: AlarmView): boolean {
  return isOpen(alarm) && !hasAnswered(alarm) && can(alarm, "acknowledge");
}

export function concernsMe(alarm: AlarmView): boolean {
  return alarm.me.told || alarm.me.stage !== null || alarm.me.is_presser || alarm.me.can.length > 0;
}

/** Real before drill, emergency before assistance, unanswered before answered, then the newest. */
export function byUrgency(alarms: readonly AlarmView[]): AlarmView[] {
  const rank = (alarm: AlarmView) =>
    (alarm.drill ? 4 : 0) + (alarm.level === "assist" ? 2 : 0) + (needsMyAnswer(alarm) ? 0 : 1);
  return [...alarms].sort(
    (one, other) => rank(one) - rank(other) || other.opened_at.localeCompare(one.opened_at) || one.id.localeCompare(other.id),
  );
}

export function openOnes(alarms: Readonly<Record<string, AlarmView>>): AlarmView[] {
  return byUrgency(Object.values(alarms).filter(isOpen));
}

export type Tone = "alarm" | "pre_alarm" | "drill";

/**
 * The sound of all alarms together. Somebody who is sheltered may be hiding, and somebody who sits in
 * a pressed room that is open to visitors may stand beside the danger: one such alarm silences the phone for all of them. A drill never
 * silences a real alarm.
 */
export function toneFor(alarms: readonly AlarmView[], surface: Surface): Tone | null {
  if (surface !== "phone") return null;
  const open = alarms.filter(isOpen);
  const real = open.filter((alarm) => alarm.drill === null);
  if (real.some(mayNotBeHeard)) return null;
  const ringing = real.filter((alarm) => needsMyAnswer(alarm) && alarm.me.told);
  if (ringing.some((alarm) => alarm.level === "emergency")) return "alarm";
  if (ringing.length > 0) return "pre_alarm";
  if (open.some(mayNotBeHeard)) return null;
  return open.some((alarm) => needsMyAnswer(alarm) && alarm.me.told) ? "drill" : null;
}

function mayNotBeHeard(alarm: AlarmView): boolean {
  const besideVisitors = alarm.me.near && alarm.silent && alarm.place.public;
  return besideVisitors || alarm.me.is_presser || alarm.me.stage === "sheltered" || alarm.me.stage === "there";
}

/**
 * In a room that is open to visitors a silent alarm shows no more than a line. The contract does not say
 * which screens stand in one, so every desk and wallboard counts. A colleague's phone always shows it whole:
 * in an open-plan office those who sit nearest are those who can come.
 */
export function mustBeDiscreet(alarm: AlarmView, surface: Surface): boolean {
  return alarm.silent && (alarm.me.is_presser || surface !== "phone");
}
