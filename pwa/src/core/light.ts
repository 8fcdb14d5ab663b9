// The status light: ready only when it is proven, unknown when nothing is heard, and never ready by default.
import { isOpen, mustBeDiscreet, type ScreenPlace } from "./alarm-rules";
import { silence_limit_s } from "./connection";
import type { AlarmView } from "./contract";
import type { OfficeNow, ProofNow, RoleGap } from "./session-contract";

/** One reason why the light is not calm. */
export type Why =
  | { about: "nobody" | "gateway" | "usb" | "spool" }
  | { about: "proof"; broken: NonNullable<ProofNow["broken"]>; screens: number; deaf: number }
  | { about: "unproven"; link: NonNullable<ProofNow["unproven"]> }
  | { about: "roles" | "unsure"; gaps: readonly RoleGap[] }
  | { about: "device"; count: number };

export type Light =
  | { state: "ready"; reachable: number }
  | { state: "alarm" | "assist" | "drill"; place: string }
  /** not_ready: a press would find too little help. unsure: it might. attention: it would, and something is to be mended. */
  | { state: "not_ready" | "unsure" | "attention"; reachable: number; whys: readonly Why[] }
  | { state: "unknown"; why: "silent" | "no_facts"; silent_s: number; phone: string | null };

export interface LightFacts {
  heard_ms: number | null;
  now_ms: number;
  now: OfficeNow | null;
  alarms: readonly AlarmView[];
  place: ScreenPlace;
  /** This computer had a USB button, and it is not heard. */
  usb_lost?: boolean;
  /** There is an alarm that this app cannot read. */
  unread?: boolean;
}

export function lightOf({ heard_ms, now_ms, now, alarms, place, usb_lost, unread }: LightFacts): Light {
  const silent_s = heard_ms === null ? Infinity : Math.floor((now_ms - heard_ms) / 1000);
  const unknown = (why: "silent" | "no_facts"): Light => ({ state: "unknown", why, silent_s, phone: now?.phone ?? null });
  if (silent_s > silence_limit_s) return unknown(heard_ms === null ? "no_facts" : "silent");
  const shown = alarms.filter((alarm) => isOpen(alarm) && !mustBeDiscreet(alarm, place));
  const first = shown.find((alarm) => !alarm.drill && alarm.level === "emergency") ?? shown.find((alarm) => !alarm.drill) ?? shown[0];
  if (first) return { state: first.drill ? "drill" : first.level === "assist" ? "assist" : "alarm", place: first.place.zone || first.place.office };
  if (!now?.readiness || unread) return unknown("no_facts");
  const { state, reached, gaps } = now.readiness;
  const whys: Why[] = [];
  if (state === "nobody") whys.push({ about: "nobody" });
  if (state === "gaps" || state === "unsure") whys.push({ about: state === "gaps" ? "roles" : "unsure", gaps });
  whys.push(...whysOf(now));
  if (now.gateway.state === "ok" && now.gateway.spool === "broken") whys.push({ about: "spool" });
  if (usb_lost) whys.push({ about: "usb" });
  const sick = now.devices.filter((device) => device.state !== "ok" || device.flags.length > 0).length;
  if (sick > 0 && now.gateway.state === "ok") whys.push({ about: "device", count: sick });
  if (whys.length === 0) return state === "ready" ? { state: "ready", reachable: reached } : unknown("no_facts");
  const dire = whys.some((why) => ["nobody", "roles", "gateway", "usb"].includes(why.about) || (why.about === "proof" && why.broken !== "screens"));
  const unsure = whys.some((why) => why.about === "unsure" || why.about === "unproven");
  return { state: dire ? "not_ready" : unsure ? "unsure" : "attention", reachable: reached, whys };
}

/** The office as it may still be shown when nothing is heard: who and what there is, and of none of it how it is now. */
export function unheard(now: OfficeNow): OfficeNow {
  return {
    ...now,
    gateway: { ...now.gateway, state: "unknown" },
    devices: now.devices.map((device) => ({ ...device, state: "unknown" })),
    readiness: null,
  };
}

/** What is wrong between button and screen; and a chain of which nothing is proven is never called ready, nor is one of which nothing is said. */
export function whysOf({ proof, gateway }: Pick<OfficeNow, "proof" | "gateway">): Why[] {
  if (proof?.state === "broken" && proof.broken) return [{ about: "proof", broken: proof.broken, screens: proof.screens, deaf: proof.deaf }];
  if (gateway.state !== "ok") return [{ about: "gateway" }];
  if (proof?.state === "fine" || proof?.state === "none") return [];
  return [{ about: "unproven", link: proof?.unproven ?? "chain" }];
}
