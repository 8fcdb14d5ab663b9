// What the presser may be told about a cry for help: only what is proven, in the order it happens.
import type { AlarmView } from "./contract";
import { isOpen } from "./alarm-rules";

export type TruthStep =
  | { name: "sending" }
  | { name: "received"; at: string }
  | { name: "reached"; count: number }
  | { name: "coming"; count: number }
  | { name: "taken"; count: number }
  | { name: "police_called" }
  | { name: "police_expected" }
  | { name: "there" }
  | { name: "called_off"; at: string }
  | { name: "ended" };

export interface Cry {
  /** When the server's receipt says that it was received; null while there is none. */
  received_at: string | null;
  alarm: AlarmView | null;
}

/** Where nobody is to go, the presser never reads that somebody is coming, only that the police are. */
export function truthOf({ received_at, alarm }: Cry): TruthStep[] {
  if (!received_at && !alarm) return [{ name: "sending" }];
  const steps: TruthStep[] = [{ name: "received", at: received_at ?? alarm!.received_at }];
  if (!alarm) return steps;
  if (!isOpen(alarm)) return [...steps, { name: "ended" }];
  if (alarm.called_off) return [...steps, { name: "called_off", at: alarm.called_off.at }];
  if (alarm.told.reached > 0) steps.push({ name: "reached", count: alarm.told.reached });
  const count = (...stages: string[]) => alarm.people.filter((person) => stages.includes(person.stage)).length;
  if (alarm.go_to_scene === "pair" && count("coming", "there") > 0) steps.push({ name: "coming", count: count("coming", "there") });
  if (alarm.go_to_scene !== "pair" && count("taken") > 0) steps.push({ name: "taken", count: count("taken") });
  if (alarm.police.expected_at) steps.push({ name: "police_expected" });
  else if (alarm.police.called_at) steps.push({ name: "police_called" });
  if (count("there") > 0) steps.push({ name: "there" });
  return steps;
}

/** After this long without a receipt the presser is told so, and given numbers to ring. */
export const confirm_patience_ms = 5000;
