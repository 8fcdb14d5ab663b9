// What follows from alarm views for the screen: which are open, which need my answer, what sounds.
import type { AlarmView, Stage } from "./contract";
import type { Session, Surface } from "./session-contract";

const ended: readonly AlarmView["state"][] = ["RESOLVED", "CANCELLED"];
const answered: readonly Stage[] = ["coming", "there", "taken", "sheltered", "cannot"];

/** Whether it is in this office, or may be: one who serves several and is checked in to none is sought in all. */
export const mayBeIn = (alarm: AlarmView, office_id: string): boolean => alarm.office_id === office_id || alarm.place.also_in.includes(office_id);

export function isOpen(alarm: AlarmView): boolean {
  return !ended.includes(alarm.state);
}

/** Whether 112 belongs to it: for those who come, for those who see it on a wall, and for whoever has cried for help, also while everything else goes well. Never
 * in a drill. */
export function mayNeedPolice(alarm: AlarmView): boolean {
  return isOpen(alarm) && !alarm.drill && alarm.level !== "assist";
}

export function can(alarm: AlarmView, action: string): boolean {
  return alarm.me.can.includes(action);
}

export function hasAnswered(alarm: AlarmView): boolean {
  return alarm.me.stage !== null && answered.includes(alarm.me.stage);
}

/** Somebody wants to know whether I come: this alarm owns the screen until I have said. Not that of a drill which I run myself: I must see its board. */
export function needsMyAnswer(alarm: AlarmView): boolean {
  return isOpen(alarm) && !hasAnswered(alarm) && can(alarm, "acknowledge") && !alarm.me.leads_drill;
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

/** Where a screen stands. `visitors`: whether they come into that room; on a phone nobody asks. */
export interface ScreenPlace {
  surface: Surface;
  visitors: boolean;
  zone_id: string | null;
}

/** A room of which nobody has said that visitors stay out is taken for one where they come in. */
export function placeOf({ surface, zone_id, zone_public }: Pick<Session, "surface" | "zone_id" | "zone_public">): ScreenPlace {
  return { surface, visitors: zone_public !== false, zone_id };
}

/** A further press of an alarm is heard again. */
export const soundKey = (alarm: AlarmView): string => `${alarm.id}:${alarm.presses}`;

/** The sound of all alarms together. A drill never silences a real alarm. `silenced`: what somebody has silenced here, by `soundKey`. */
export function toneFor(alarms: readonly AlarmView[], place: ScreenPlace, silenced: ReadonlySet<string> = new Set()): Tone | null {
  return place.surface === "phone" ? phoneTone(alarms) : roomTone(alarms, place, silenced);
}

/**
 * Somebody who is sheltered may be hiding, and somebody who sits in a pressed room that is open to visitors may stand beside
 * the danger: one such alarm silences the phone for all of them.
 */
function phoneTone(alarms: readonly AlarmView[]): Tone | null {
  const open = alarms.filter(isOpen);
  const real = open.filter((alarm) => alarm.drill === null);
  if (real.some(mayNotBeHeard)) return null;
  const ringing = real.filter((alarm) => needsMyAnswer(alarm) && alarm.me.told);
  if (ringing.some((alarm) => alarm.level === "emergency")) return "alarm";
  if (ringing.length > 0) return "pre_alarm";
  if (open.some(mayNotBeHeard)) return null;
  return open.some((alarm) => needsMyAnswer(alarm) && alarm.me.told) ? "drill" : null;
}

/**
 * A desk or a wall fills its room: never where visitors are nor where a silent alarm was pressed, and only until somebody has taken it. What was
 * pressed in an exercise keeps only exercises silent there.
 */
function roomTone(alarms: readonly AlarmView[], { visitors, zone_id }: ScreenPlace, silenced: ReadonlySet<string>): Tone | null {
  const open = alarms.filter(isOpen);
  const beside = (alarm: AlarmView) => alarm.me.is_presser || (alarm.silent && alarm.place.zone_id !== null && alarm.place.zone_id === zone_id);
  const waits = (alarm: AlarmView) => alarm.state === "RAISED" && alarm.called_off === null && !silenced.has(soundKey(alarm));
  const real = open.filter((alarm) => alarm.drill === null);
  if (visitors || real.some(beside)) return null;
  const waiting = real.filter(waits);
  if (waiting.some((alarm) => alarm.level === "emergency")) return "alarm";
  if (waiting.length > 0) return "pre_alarm";
  return open.some(waits) && !open.some(beside) ? "drill" : null;
}

function mayNotBeHeard(alarm: AlarmView): boolean {
  const besideVisitors = alarm.me.near && alarm.silent && alarm.place.public;
  return besideVisitors || alarm.me.is_presser || alarm.me.stage === "sheltered" || alarm.me.stage === "there";
}

/**
 * Whether a new alarm may be felt where it must not be heard: somebody who is on the scene of one has to learn of the next. Not by one who
 * may be hiding, or who stands beside the danger: on a table it is a sound. A drill keeps no real one from being felt.
 */
export function mayBeFelt(alarms: readonly AlarmView[]): boolean {
  const open = alarms.filter(isOpen);
  const real = open.filter((alarm) => alarm.drill === null);
  const weighed = real.some(needsMyAnswer) ? real : open;
  return !weighed.some((alarm) => alarm.me.stage !== "there" && mayNotBeHeard(alarm));
}

/** A voice is heard further than a tone is noticed: in a silent situation nothing is read, however far away the phone is believed to be. */
export function mayBeReadAloud(alarm: AlarmView): boolean {
  return isOpen(alarm) && !alarm.silent && !mayNotBeHeard(alarm);
}

/** Whether visitors may read along: on a screen that stands where they come, not on a phone. */
export const visitorsReadAlong = ({ surface, visitors }: ScreenPlace): boolean => surface !== "phone" && visitors;

/**
 * In a room that is open to visitors a silent alarm shows no more than a line, and so it does at the desk that raised it. A colleague's
 * phone always shows it whole: in an open-plan office those who sit nearest are those who can come.
 */
export function mustBeDiscreet(alarm: AlarmView, place: ScreenPlace): boolean {
  return alarm.silent && (alarm.me.is_presser || visitorsReadAlong(place));
}
