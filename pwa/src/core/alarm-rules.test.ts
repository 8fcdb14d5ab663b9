// Promises about which alarm comes first, what sounds, and what stays discreet.
import { expect, test } from "vitest";
import { aDrill, anAlarm } from "./examples";
import { byUrgency, mustBeDiscreet, needsMyAnswer, toneFor } from "./alarm-rules";

test("an unanswered emergency sounds the alarm tone on a phone, and on no other surface", () => {
  expect(toneFor([anAlarm()], "phone")).toBe("alarm");
  expect(toneFor([anAlarm()], "desk")).toBeNull();
  expect(toneFor([anAlarm()], "wallboard")).toBeNull();
});

test("assistance sounds calmer, and a drill sounds different from both", () => {
  expect(toneFor([anAlarm({ level: "assist" })], "phone")).toBe("pre_alarm");
  expect(toneFor([anAlarm({ drill: aDrill })], "phone")).toBe("drill");
});

test("a real emergency drowns a drill", () => {
  expect(toneFor([anAlarm({ id: "drill", drill: aDrill }), anAlarm()], "phone")).toBe("alarm");
});

test("having taken shelter in a drill does not silence a real alarm", () => {
  const drill = anAlarm({ id: "drill", drill: aDrill }, { stage: "sheltered" });
  expect(toneFor([drill], "phone")).toBeNull();
  expect(toneFor([drill, anAlarm()], "phone")).toBe("alarm");
});

test("the tone stops as soon as I have answered", () => {
  expect(toneFor([anAlarm({}, { stage: "coming" })], "phone")).toBeNull();
  expect(toneFor([anAlarm({}, { stage: "cannot" })], "phone")).toBeNull();
});

test("the tone comes back when my promise has lapsed", () => {
  expect(toneFor([anAlarm({}, { stage: "lapsed" })], "phone")).toBe("alarm");
});

test.each(["sheltered", "there"] as const)("a phone whose owner is %s makes no sound for any alarm", (stage) => {
  expect(toneFor([anAlarm({ id: "first" }, { stage }), anAlarm({ id: "second" })], "phone")).toBeNull();
});

test("the presser's own phone, and one beside visitors in a silent alarm, make no sound", () => {
  expect(toneFor([anAlarm({}, { is_presser: true })], "phone")).toBeNull();
  expect(toneFor([anAlarm({ silent: true }, { near: true })], "phone")).toBeNull();
});

test("whoever sits nearest in a room without visitors is rung, and sees the alarm whole", () => {
  const indoors = anAlarm({ silent: true }, { near: true });
  const office = { ...indoors, place: { ...indoors.place, public: false } };
  expect(toneFor([office], "phone")).toBe("alarm");
  expect(mustBeDiscreet(office, "phone")).toBe(false);
});

test("an ended alarm neither sounds nor asks", () => {
  const over = anAlarm({ state: "RESOLVED" });
  expect(toneFor([over], "phone")).toBeNull();
  expect(needsMyAnswer(over)).toBe(false);
});

test("a real alarm stands before a drill, and an emergency before assistance", () => {
  const drill = anAlarm({ id: "drill", drill: aDrill });
  const assist = anAlarm({ id: "assist", level: "assist" });
  const real = anAlarm({ id: "real" });
  expect(byUrgency([drill, assist, real]).map((alarm) => alarm.id)).toEqual(["real", "assist", "drill"]);
});

test("a silent alarm is discreet on a desk and open on a responder's phone", () => {
  const silent = anAlarm({ silent: true });
  expect(mustBeDiscreet(silent, "desk")).toBe(true);
  expect(mustBeDiscreet(silent, "phone")).toBe(false);
  expect(mustBeDiscreet(anAlarm({ silent: true }, { is_presser: true }), "phone")).toBe(true);
  expect(mustBeDiscreet(anAlarm({ silent: false }), "desk")).toBe(false);
});
