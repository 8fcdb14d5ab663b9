// Promises about the status light.
import { expect, test } from "vitest";
import { aDrill, anAlarm } from "./examples";
import { lightOf, type LightFacts, unheard } from "./light";
import type { OfficeNow, Readiness, RoleGap } from "./session-contract";

const enough: Readiness = { state: "ready", reached: 6, sure: 6, gaps: [], channels: [{ channel: "screen", people: 6, sure: 6 }] };
const office: OfficeNow = {
  office_id: "o", name: "Nav Fjordvik", address: "", at: "", present: 4, on_duty: 9, roles: [], contacts: [], phone: null, sms: null, may_arm: [],
  readiness: enough,
  reachable: [{ person_id: "ola", name: "Ola", roles: [], duty: "present", screen: true, channels: ["screen"], sure: true }],
  gateway: { state: "ok", heard_at: null },
  proof: { state: "fine", broken: null, at: null, tried_at: null, unproven: null, screens: 1, deaf: 0 },
  devices: [{ id: "d", name: "Knapp", zone: null, kind: "button", state: "ok", heard_at: null, battery: 90, flags: [], tested_at: null }],
};
const caller: RoleGap = { role: "caller_112", need: 1, have: 0, situations: ["desk_alarm"] };
const ready = (special: Partial<Readiness>): OfficeNow => ({ ...office, readiness: { ...enough, ...special } });
const facts: LightFacts = { heard_ms: 0, now_ms: 1000, now: office, alarms: [], place: { surface: "desk", visitors: true, zone_id: "mottak" } };
const light = (special: Partial<LightFacts>) => lightOf({ ...facts, ...special });

test("ready when the server is heard, the gateway is well and every role could be filled", () => {
  expect(light({})).toEqual({ state: "ready", reachable: 6 });
});

test("nothing heard for 25 seconds is unknown, also during an alarm", () => {
  expect(light({ now_ms: 26_001 }).state).toBe("unknown");
  expect(light({ now_ms: 26_001, alarms: [anAlarm()] }).state).toBe("unknown");
});

test("an alarm that cannot be read leaves it unknown, and hides none that can", () => {
  expect(light({ unread: true }).state).toBe("unknown");
  expect(light({ unread: true, alarms: [anAlarm({ silent: false })] }).state).toBe("alarm");
});

test("it is never ready before anything is known", () => {
  expect(light({ heard_ms: null }).state).toBe("unknown");
  expect(light({ now: null }).state).toBe("unknown");
});

test("a server that does not say how ready the office is leaves it unknown", () => {
  expect(light({ now: { ...office, readiness: null } }).state).toBe("unknown");
  expect(light({ now: ready({ state: "something new" as Readiness["state"] }) }).state).toBe("unknown");
});

test.each(["silent", "unknown"] as const)("it is not ready when the gateway is %s", (state) => {
  expect(light({ now: { ...office, gateway: { state, heard_at: null } } })).toEqual({ state: "not_ready", reachable: 6, whys: [{ about: "gateway" }] });
});

test("a gateway whose disk is full is to be mended, and makes no button dead", () => {
  expect(light({ now: { ...office, gateway: { ...office.gateway, spool: "broken" } } })).toEqual({ state: "attention", reachable: 6, whys: [{ about: "spool" }] });
  expect(light({ now: { ...office, gateway: { ...office.gateway, spool: "ok" } } }).state).toBe("ready");
  expect(light({ now: { ...office, gateway: { state: "silent", heard_at: null, spool: "broken" } } })).toMatchObject({ whys: [{ about: "gateway" }] });
});

test("it is not ready when nobody can be reached", () => {
  expect(light({ now: ready({ state: "nobody", reached: 0 }) })).toEqual({ state: "not_ready", reachable: 0, whys: [{ about: "nobody" }] });
});

test("it is not ready with one who can be reached and a role empty, which is named", () => {
  const now = ready({ state: "gaps", reached: 1, gaps: [caller] });
  expect(light({ now })).toEqual({ state: "not_ready", reachable: 1, whys: [{ about: "roles", gaps: [caller] }] });
});

test("it is unsure, and never ready, where a role hangs on somebody of whom nothing is proven", () => {
  expect(light({ now: ready({ state: "unsure", gaps: [caller] }) })).toMatchObject({ state: "unsure", whys: [{ about: "unsure", gaps: [caller] }] });
});

test("a device that is silent or has a fault is named", () => {
  const sick = { ...office.devices[0]!, state: "silent" as const };
  expect(light({ now: { ...office, devices: [sick] } })).toMatchObject({ state: "attention", whys: [{ about: "device", count: 1 }] });
});

test("everything that is wrong is named, the worst decides the word, and a silent gateway's devices are not counted beside it", () => {
  const sick = { ...office.devices[0]!, state: "unknown" as const };
  const now: OfficeNow = { ...ready({ state: "unsure", gaps: [caller] }), gateway: { state: "silent", heard_at: null }, devices: [sick] };
  const found = light({ now });
  expect(found.state).toBe("not_ready");
  expect("whys" in found && found.whys.map((why) => why.about)).toEqual(["unsure", "gateway"]);
});

test("of an office that is not heard nothing is shown as fine", () => {
  const shown = unheard({ ...office, readiness: enough });
  expect([shown.readiness, shown.gateway.state, ...shown.devices.map((one) => one.state)]).toEqual([null, "unknown", ...office.devices.map(() => "unknown")]);
  expect([shown.reachable, shown.contacts]).toEqual([office.reachable, office.contacts]);
});

test("a silent alarm does not change the light of a desk", () => {
  expect(light({ alarms: [anAlarm({ silent: true })] }).state).toBe("ready");
  expect(light({ alarms: [anAlarm({ silent: false })] }).state).toBe("alarm");
});

test("a real alarm outshines a drill", () => {
  const drill = anAlarm({ id: "drill", drill: aDrill });
  expect(light({ alarms: [drill] }).state).toBe("drill");
  expect(light({ alarms: [drill, anAlarm()] }).state).toBe("alarm");
});

test.each(["gateway", "broker"] as const)("a broken %s is named by itself, and nothing is called ready", (broken) => {
  const now: OfficeNow = { ...office, gateway: { state: "silent", heard_at: null }, proof: { ...office.proof!, state: "broken", broken } };
  expect(light({ now })).toMatchObject({ state: "not_ready", reachable: 6, whys: [{ about: "proof", broken }] });
});

test("screens that did not answer want looking at, and are counted", () => {
  const proof = { ...office.proof!, state: "broken", broken: "screens", screens: 20, deaf: 3 } as const;
  expect(light({ now: { ...office, proof } })).toEqual({ state: "attention", reachable: 6, whys: [{ about: "proof", broken: "screens", screens: 20, deaf: 3 }] });
});

test.each(["chain", "screens"] as const)("what is not proven is never ready: %s", (link) => {
  const proof = { ...office.proof!, state: "unknown", unproven: link } as const;
  expect(light({ now: { ...office, proof } })).toEqual({ state: "unsure", reachable: 6, whys: [{ about: "unproven", link }] });
  const sick = { ...office.devices[0]!, state: "silent" as const };
  expect(light({ now: { ...office, proof, devices: [sick] } }).state).toBe("unsure");
});

test("a server that does not say whether it is proven leaves it unproven, and where there is no button nothing is to be", () => {
  const { proof, ...silent } = office;
  expect(light({ now: silent })).toMatchObject({ state: "unsure", whys: [{ about: "unproven", link: "chain" }] });
  expect(light({ now: { ...office, proof: { ...proof!, state: "none" } } }).state).toBe("ready");
});
