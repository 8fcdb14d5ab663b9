// Promises about the status light.
import { expect, test } from "vitest";
import { anAlarm } from "./examples";
import { lightOf, type LightFacts } from "./light";
import type { OfficeNow } from "./session-contract";

const office: OfficeNow = {
  office_id: "o", name: "Nav Fjordvik", address: "", at: "", present: 4, on_duty: 9, roles: [], contacts: [], phone: null,
  reachable: [{ person_id: "ola", name: "Ola", roles: [], duty: "present", screen: true }],
  gateway: { state: "ok", heard_at: null },
  devices: [{ id: "d", name: "Knapp", zone: null, kind: "button", state: "ok", heard_at: null, battery: 90, flags: [], tested_at: null }],
};
const facts: LightFacts = { heard_ms: 0, now_ms: 1000, now: office, alarms: [], surface: "desk" };
const light = (special: Partial<LightFacts>) => lightOf({ ...facts, ...special });

test("ready when the server is heard, the gateway is well and somebody can be reached", () => {
  expect(light({})).toEqual({ state: "ready", reachable: 1 });
});

test("nothing heard for 25 seconds is unknown, also during an alarm", () => {
  expect(light({ now_ms: 26_001 }).state).toBe("unknown");
  expect(light({ now_ms: 26_001, alarms: [anAlarm()] }).state).toBe("unknown");
});

test("it is never ready before anything is known", () => {
  expect(light({ heard_ms: null }).state).toBe("unknown");
  expect(light({ now: null }).state).toBe("unknown");
});

test.each(["silent", "unknown"] as const)("it is not ready when the gateway is %s", (state) => {
  expect(light({ now: { ...office, gateway: { state, heard_at: null } } })).toMatchObject({ state: "attention", why: "gateway" });
});

test("it is not ready when nobody can be reached", () => {
  expect(light({ now: { ...office, reachable: [] } })).toMatchObject({ state: "attention", why: "nobody" });
});

test("a device that is silent or has a fault is named", () => {
  const sick = { ...office.devices[0]!, state: "silent" as const };
  expect(light({ now: { ...office, devices: [sick] } })).toMatchObject({ state: "attention", why: "device", count: 1 });
});

test("a silent alarm does not change the light of a desk", () => {
  expect(light({ alarms: [anAlarm({ silent: true })] }).state).toBe("ready");
  expect(light({ alarms: [anAlarm({ silent: false })] }).state).toBe("alarm");
});

test("a real alarm outshines a drill", () => {
  const drill = anAlarm({ id: "drill", drill: { id: "d", name: "Høst" } });
  expect(light({ alarms: [drill] }).state).toBe("drill");
  expect(light({ alarms: [drill, anAlarm()] }).state).toBe("alarm");
});
