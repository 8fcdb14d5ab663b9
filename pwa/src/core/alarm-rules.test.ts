// Promises about which alarm comes first, what sounds, and what stays discreet.
import { expect, test } from "vitest";
import { aDrill, anAlarm } from "./examples";
import { mayBeFelt, mayNeedPolice, byUrgency, mustBeDiscreet, needsMyAnswer, placeOf, soundKey, toneFor, type ScreenPlace } from "./alarm-rules";

const phone: ScreenPlace = { surface: "phone", visitors: true, zone_id: null };
const backOffice: ScreenPlace = { surface: "desk", visitors: false, zone_id: "landskap" };
const staffWall: ScreenPlace = { ...backOffice, surface: "wallboard" };
const counter: ScreenPlace = { surface: "desk", visitors: true, zone_id: "mottak" };

test("an unanswered emergency sounds the alarm tone on a phone, and in rooms without visitors", () => {
  expect(toneFor([anAlarm()], phone)).toBe("alarm");
  expect(toneFor([anAlarm()], backOffice)).toBe("alarm");
  expect(toneFor([anAlarm()], staffWall)).toBe("alarm");
  expect(toneFor([anAlarm()], counter)).toBeNull();
});

test("a silent alarm is heard in a room without visitors, but not in the one where it was pressed, and there no other is either", () => {
  const { place } = anAlarm();
  const here = anAlarm({ id: "here", silent: true, place: { ...place, zone_id: "landskap", public: false } });
  expect(toneFor([anAlarm({ silent: true })], backOffice)).toBe("alarm");
  expect(toneFor([here, anAlarm()], backOffice)).toBeNull();
});

test.each([["a desk", backOffice], ["a wall", staffWall]])("a drill silences no real alarm on %s, and is itself silenced as a real one is", (_, room) => {
  const { place } = anAlarm();
  const silent = anAlarm({ id: "silent", drill: aDrill, silent: true, place: { ...place, zone_id: "landskap", public: false } });
  const own = anAlarm({ id: "own", drill: aDrill }, { is_presser: true });
  for (const drill of [silent, own]) {
    expect(toneFor([drill], room)).toBeNull();
    expect(toneFor([drill, anAlarm({ id: "other", drill: aDrill })], room)).toBeNull();
    expect(toneFor([drill, anAlarm()], room)).toBe("alarm");
    expect(toneFor([drill, anAlarm({ level: "assist" })], room)).toBe("pre_alarm");
  }
  const real = anAlarm({ id: "real", silent: true, place: silent.place });
  expect(toneFor([real, silent, anAlarm()], room)).toBeNull();
  expect(toneFor([real, anAlarm({ id: "other", drill: aDrill })], room)).toBeNull();
});

test("a room sounds until somebody has taken it or it is called off, and a drill sounds as one", () => {
  expect(toneFor([anAlarm({ state: "ACKNOWLEDGED" })], backOffice)).toBeNull();
  expect(toneFor([anAlarm({ called_off: { at: "", by: null } })], backOffice)).toBeNull();
  expect(toneFor([anAlarm({ drill: aDrill })], backOffice)).toBe("drill");
});

test("what is silenced at a desk stays so until the next press of it", () => {
  const silenced = new Set([soundKey(anAlarm())]);
  expect(toneFor([anAlarm()], backOffice, silenced)).toBeNull();
  expect(toneFor([anAlarm({ presses: 2 })], backOffice, silenced)).toBe("alarm");
  expect(toneFor([anAlarm(), anAlarm({ id: "b" })], backOffice, silenced)).toBe("alarm");
});

test("assistance sounds calmer, and a drill sounds different from both", () => {
  expect(toneFor([anAlarm({ level: "assist" })], phone)).toBe("pre_alarm");
  expect(toneFor([anAlarm({ drill: aDrill })], phone)).toBe("drill");
});

test("a real emergency drowns a drill", () => {
  expect(toneFor([anAlarm({ id: "drill", drill: aDrill }), anAlarm()], phone)).toBe("alarm");
});

test("having taken shelter in a drill does not silence a real alarm", () => {
  const drill = anAlarm({ id: "drill", drill: aDrill }, { stage: "sheltered" });
  expect(toneFor([drill], phone)).toBeNull();
  expect(toneFor([drill, anAlarm()], phone)).toBe("alarm");
});

test("the tone stops as soon as I have answered", () => {
  expect(toneFor([anAlarm({}, { stage: "coming" })], phone)).toBeNull();
  expect(toneFor([anAlarm({}, { stage: "cannot" })], phone)).toBeNull();
});

test("the tone comes back when my promise has lapsed", () => {
  expect(toneFor([anAlarm({}, { stage: "lapsed" })], phone)).toBe("alarm");
});

test.each(["sheltered", "there"] as const)("a phone whose owner is %s makes no sound for any alarm", (stage) => {
  expect(toneFor([anAlarm({ id: "first" }, { stage }), anAlarm({ id: "second" })], phone)).toBeNull();
});

test("the presser's own phone, and one beside visitors in a silent alarm, make no sound", () => {
  expect(toneFor([anAlarm({}, { is_presser: true })], phone)).toBeNull();
  expect(toneFor([anAlarm({ silent: true }, { near: true })], phone)).toBeNull();
});

test("whoever sits nearest in a room without visitors is rung, and sees the alarm whole", () => {
  const indoors = anAlarm({ silent: true }, { near: true });
  const office = { ...indoors, place: { ...indoors.place, public: false } };
  expect(toneFor([office], phone)).toBe("alarm");
  expect(mustBeDiscreet(office, phone)).toBe(false);
});

test("an ended alarm neither sounds nor asks", () => {
  const over = anAlarm({ state: "RESOLVED" });
  expect(toneFor([over], phone)).toBeNull();
  expect(needsMyAnswer(over)).toBe(false);
});

test("112 belongs to a real emergency that is open, and to nothing else", () => {
  expect(mayNeedPolice(anAlarm())).toBe(true);
  for (const other of [anAlarm({ drill: aDrill }), anAlarm({ level: "assist" }), anAlarm({ state: "RESOLVED" })]) {
    expect(mayNeedPolice(other)).toBe(false);
  }
});

test("whoever runs a drill keeps the board, and is rung by the real alarm that ends it", () => {
  const own = anAlarm({ drill: aDrill }, { leads_drill: true });
  expect(needsMyAnswer(own)).toBe(false);
  expect(toneFor([own], phone)).toBeNull();
  const real = anAlarm({ id: "real", ended_drill: true });
  expect(needsMyAnswer(real)).toBe(true);
  expect(toneFor([own, real], phone)).toBe("alarm");
});

test("a real alarm stands before a drill, and an emergency before assistance", () => {
  const drill = anAlarm({ id: "drill", drill: aDrill });
  const assist = anAlarm({ id: "assist", level: "assist" });
  const real = anAlarm({ id: "real" });
  expect(byUrgency([drill, assist, real]).map((alarm) => alarm.id)).toEqual(["real", "assist", "drill"]);
});

test("a silent alarm is discreet where visitors come in, and whole on a phone and where they do not", () => {
  const silent = anAlarm({ silent: true });
  expect(mustBeDiscreet(silent, counter)).toBe(true);
  expect([phone, backOffice, staffWall].map((place) => mustBeDiscreet(silent, place))).toEqual([false, false, false]);
  expect(mustBeDiscreet(anAlarm({ silent: true }, { is_presser: true }), phone)).toBe(true);
  expect(mustBeDiscreet(anAlarm({ silent: false }), counter)).toBe(false);
});

test("a room of which nothing is known is one with visitors", () => {
  const visitors = (zone_public: boolean | null) => placeOf({ surface: "desk", zone_id: null, zone_public }).visitors;
  expect([visitors(true), visitors(false), visitors(null)]).toEqual([true, false, true]);
});

test("whoever is on the scene of one alarm feels the next, and nobody who may be hiding or stands beside the danger does", () => {
  const next = anAlarm({ id: "next" });
  expect(mayBeFelt([anAlarm({}, { stage: "there" }), next])).toBe(true);
  expect(mayBeFelt([anAlarm({}, { stage: "sheltered" }), next])).toBe(false);
  expect(mayBeFelt([anAlarm({}, { is_presser: true }), next])).toBe(false);
  expect(mayBeFelt([anAlarm({ silent: true }, { near: true }), next])).toBe(false);
  expect(mayBeFelt([anAlarm({ state: "RESOLVED" }, { stage: "sheltered" }), next])).toBe(true);
});

test("shelter in a drill keeps no real alarm from being felt, but another drill", () => {
  const there = anAlarm({ id: "first" }, { stage: "there" });
  const sheltered = anAlarm({ id: "drill", drill: aDrill }, { stage: "sheltered" });
  expect(mayBeFelt([there, sheltered, anAlarm({ id: "next" })])).toBe(true);
  expect(mayBeFelt([there, sheltered, anAlarm({ id: "next", drill: aDrill })])).toBe(false);
});
