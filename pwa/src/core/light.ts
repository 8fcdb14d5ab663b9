// The status light: ready only when it is proven, unknown when nothing is heard, and never ready by default.
import { isOpen, mustBeDiscreet } from "./alarm-rules";
import { silence_limit_s } from "./connection";
import type { AlarmView } from "./contract";
import type { OfficeNow, Surface } from "./session-contract";

export type Light =
  | { state: "ready"; reachable: number }
  | { state: "alarm" | "assist" | "drill"; place: string }
  | { state: "attention"; why: "gateway" | "nobody" | "device"; count: number }
  | { state: "unknown"; why: "silent" | "no_facts"; silent_s: number };

export interface LightFacts {
  heard_ms: number | null;
  now_ms: number;
  now: OfficeNow | null;
  alarms: readonly AlarmView[];
  surface: Surface;
}

export function lightOf({ heard_ms, now_ms, now, alarms, surface }: LightFacts): Light {
  const silent_s = heard_ms === null ? Infinity : Math.floor((now_ms - heard_ms) / 1000);
  if (silent_s > silence_limit_s) return { state: "unknown", why: heard_ms === null ? "no_facts" : "silent", silent_s };
  const shown = alarms.filter((alarm) => isOpen(alarm) && !mustBeDiscreet(alarm, surface));
  const first = shown.find((alarm) => !alarm.drill && alarm.level === "emergency") ?? shown.find((alarm) => !alarm.drill) ?? shown[0];
  if (first) return { state: first.drill ? "drill" : first.level === "assist" ? "assist" : "alarm", place: first.place.zone || first.place.office };
  if (!now) return { state: "unknown", why: "no_facts", silent_s };
  if (now.reachable.length === 0) return { state: "attention", why: "nobody", count: 0 };
  if (now.gateway.state !== "ok") return { state: "attention", why: "gateway", count: 0 };
  const sick = now.devices.filter((device) => device.state !== "ok" || device.flags.length > 0).length;
  if (sick > 0) return { state: "attention", why: "device", count: sick };
  return { state: "ready", reachable: now.reachable.length };
}
