// Promises about what the person who pressed is told.
import { expect, test } from "vitest";
import type { AlarmPerson } from "./contract";
import { anAlarm } from "./examples";
import { truthOf } from "./truth";

const received_at = "2026-11-21T12:52:01Z";
const ola = (stage: AlarmPerson["stage"]): AlarmPerson => ({ person_id: "ola", name: "Ola", role: "responder", stage, since: null, lapse_at: null, eta_at: null });
const names = (cry: Parameters<typeof truthOf>[0]) => truthOf(cry).map((step) => step.name);

test("before a receipt it is being sent, and nothing better is said", () => {
  expect(names({ received_at: null, alarm: null })).toEqual(["sending"]);
});

test("received does not say that anybody has it", () => {
  expect(names({ received_at, alarm: anAlarm({ told: { count: 9, reached: 0, seen: 0, failed: 0, people: [] } }) })).toEqual(["received"]);
});

test("being told is not coming, and coming is not there", () => {
  expect(names({ received_at, alarm: anAlarm() })).toEqual(["received", "reached"]);
  expect(names({ received_at, alarm: anAlarm({ people: [ola("asked"), ola("lapsed")] }) })).toEqual(["received", "reached"]);
  expect(names({ received_at, alarm: anAlarm({ people: [ola("coming")] }) })).toEqual(["received", "reached", "coming"]);
  expect(names({ received_at, alarm: anAlarm({ people: [ola("there")] }) })).toEqual(["received", "reached", "coming", "there"]);
});

test("where nobody is to go, the presser reads about the police and never that somebody comes", () => {
  const alarm = anAlarm({ go_to_scene: "nobody", people: [ola("coming"), ola("taken")], police: { called_at: received_at, called_by: "Ola", expected_at: null } });
  expect(names({ received_at, alarm })).toEqual(["received", "reached", "taken", "police_called"]);
});

test("a called-off alarm shows the presser that it is called off, and no delivery", () => {
  const alarm = anAlarm({ called_off: { at: received_at, by: "Kari" }, people: [ola("coming")] });
  expect(names({ received_at, alarm })).toEqual(["received", "called_off"]);
});
