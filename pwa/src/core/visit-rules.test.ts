import { describe, expect, it } from "vitest";
import { readVisit, type Checklist, type VisitView } from "./visit-contract";
import { alarmIsWrong, answersAsked, extensions_min, inOrder, left_s, nearness, questions, spanText, timeToday, waitsForMe } from "./visit-rules";

const now_ms = Date.parse("2026-11-21T10:00:00Z");
const visit = (more: Partial<VisitView>): VisitView => ({ ...readVisit({ id: "v-1", state: "OUT", deadline_at: "2026-11-21T10:30:00Z", mine: true })!, ...more });

describe("a visit on the screen", () => {
  it("is shown also when the server says something new about it", () => {
    expect(readVisit({ id: "v-1", state: "OUT", risk: "extreme", times: 7, people: "?" })).toMatchObject({ id: "v-1", risk: null, times: null, people: [] });
    expect(readVisit({ id: "v-1", state: "ELSEWHERE" })).toBeNull();
  });

  it("counts down and then up", () => {
    expect(left_s(visit({}), now_ms)).toBe(1800);
    expect(left_s(visit({}), now_ms + 1_900_000)).toBe(-100);
    expect([spanText(1800), spanText(-100), spanText(3725)]).toEqual(["30:00", "1:40", "1:02:05"]);
  });

  it("is calm, soon, and late", () => {
    expect(nearness(visit({}), now_ms)).toBe("calm");
    expect(nearness(visit({}), now_ms + 1_600_000)).toBe("soon");
    expect(nearness(visit({}), now_ms + 1_800_000)).toBe("late");
    expect(nearness(visit({ late: true }), now_ms)).toBe("late");
  });

  it("tells those who watch of an alarm that is lost or opened, while somebody is out", () => {
    expect((["lost", "opened", "well", null] as const).map((alarm) => alarmIsWrong(visit({ alarm })))).toEqual([true, true, false, false]);
    expect(alarmIsWrong(visit({ alarm: "lost", state: "HOME" }))).toBe(false);
    expect(readVisit({ id: "v-1", state: "OUT", alarm: "eaten" })).toMatchObject({ alarm: null });
  });

  it("offers only extensions that there is room for", () => {
    const times = { interval_s: 1800, extend_max_s: 1800, uncovered_max_s: 0, pin_at_end: false };
    expect(extensions_min(visit({ times }))).toEqual([15, 30]);
    expect(extensions_min(visit({ times, extended_s: 900 }))).toEqual([15]);
    expect(extensions_min(visit({ times: null }))).toEqual([]);
  });

  it("says that an answer is waited for only where it is", () => {
    const lead = { mine: false, state: "PLANNED" as const, can: ["approve"] };
    const yes = { yes: true, by: { id: "l", name: "Liv" }, reason: "", waived: [] };
    expect(waitsForMe(visit({ ...lead }))).toBe(false);
    expect(waitsForMe(visit({ ...lead, required: ["leader_decides"] }))).toBe(true);
    expect(waitsForMe(visit({ ...lead, missing: ["two_employees"] }))).toBe(true);
    expect(waitsForMe(visit({ ...lead, required: ["leader_decides"], approval: yes }))).toBe(false);
    expect(waitsForMe(visit({ ...lead, can: ["accept_contact"] }))).toBe(true);
  });

  it("puts my own first, then who is late, and who is home last", () => {
    const list = [
      visit({ id: "home", state: "HOME" }), visit({ id: "theirs", mine: false }), visit({ id: "late", mine: false, late: true, state: "GRACE" }),
      visit({ id: "planned", state: "PLANNED", deadline_at: null }), visit({ id: "mine" }),
    ];
    expect(inOrder(list).map((one) => one.id)).toEqual(["mine", "late", "planned", "theirs", "home"]);
  });
});

const item = (id: string, more: object = {}) => ({ id, section: "s", when: "before" as const, answer: "yes_no", texts: { nb: id, nn: id, en: id }, opened_by: "", from_level: null, ...more });
const checklist: Checklist = {
  types: [], sections: {}, levels: [], measures: {},
  items: [item("gate"), item("behind", { opened_by: "gate" }), item("more", { from_level: "medium" as const }), item("read", { answer: "read" }), item("door", { when: "door" as const })],
};

describe("the questions before a visit", () => {
  it("open behind a gate and on a higher level", () => {
    expect(questions(checklist, {}, "low").map((one) => one.id)).toEqual(["gate"]);
    expect(questions(checklist, { gate: true }, "low").map((one) => one.id)).toEqual(["gate", "behind"]);
    expect(questions(checklist, { gate: true }, "high").map((one) => one.id)).toEqual(["gate", "behind", "more"]);
  });

  it("forget what was answered behind a gate that was closed again", () => {
    expect(answersAsked(checklist, { gate: false, behind: true }, "low")).toEqual({ gate: false });
  });
});

describe("a time of day", () => {
  it("is today's, or tomorrow's when it has long passed", () => {
    expect(timeToday("12:30", now_ms)).toBe(Date.parse("2026-11-21T11:30:00Z"));
    expect(timeToday("1230", now_ms)).toBe(Date.parse("2026-11-21T11:30:00Z"));
    expect(timeToday("10.30", now_ms)).toBe(Date.parse("2026-11-21T09:30:00Z"));
    expect(timeToday("02:00", now_ms)).toBe(Date.parse("2026-11-22T01:00:00Z"));
    expect([timeToday("25:00", now_ms), timeToday("soon", now_ms), timeToday("", now_ms)]).toEqual([null, null, null]);
  });

  it.each([
    ["in the night to summer time", "2026-03-28T22:30:00Z", "04:00", "2026-03-29T02:00:00Z"],
    ["in the night to winter time", "2026-10-24T21:30:00Z", "04:00", "2026-10-25T03:00:00Z"],
    ["on the morning after", "2026-03-29T08:00:00Z", "12:00", "2026-03-29T10:00:00Z"],
    ["just before midnight", "2026-11-21T22:50:00Z", "00:10", "2026-11-21T23:10:00Z"],
    ["just after midnight", "2026-11-21T23:10:00Z", "23:50", "2026-11-21T22:50:00Z"],
  ])("is what the office's clock shows %s", (_, now, typed, meant) => {
    expect(new Date(timeToday(typed, Date.parse(now)) ?? 0).toISOString()).toBe(new Date(meant).toISOString());
  });
});
