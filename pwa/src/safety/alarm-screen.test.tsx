// Promises about the alarm's screen: its buttons, its doubts, and what a drill never offers.
import { fireEvent, render, screen } from "@testing-library/react";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { AlarmView } from "../core/contract";
import { aDrill, anAlarm } from "../core/examples";
import { startTexts } from "../i18n/texts";
import { ServicesContext } from "../io/hooks";
import { inMemory } from "../io/local-store";
import { Services } from "../io/services";
import { AlarmScreen } from "./AlarmScreen";

const everything = ["acknowledge", "decline", "arrive", "shelter", "note", "tick", "swap_role", "change_situation", "mark", "more_help", "confirm", "resolve"];
let services: Services;
let posted: { action?: string }[];

beforeAll(() => startTexts());
beforeEach(() => {
  posted = [];
  vi.stubGlobal("fetch", async (_path: string, request: { body: string }) => {
    posted.push(JSON.parse(request.body) as { action?: string });
    return new Promise(() => undefined);
  });
  services = new Services(inMemory());
});

function show(alarm: AlarmView) {
  return render(<ServicesContext value={services}><AlarmScreen alarm={alarm} /></ServicesContext>);
}
const button = (name: RegExp | string) => screen.queryByRole("button", { name });

test("what and where come before everything else", () => {
  show(anAlarm());
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Mottak");
  expect(screen.getByText("1. etasje · Nav Fjordvik")).toBeTruthy();
});

test("the screen of somebody who may do nothing has no button to do it with", () => {
  show(anAlarm({}, { can: [] }));
  expect(screen.queryAllByRole("button")).toEqual([]);
});

const beforeAnswer = ["acknowledge", "decline", "shelter"];
test.each([
  ["acknowledge", "Jeg kommer"], ["decline", "Jeg kan ikke"], ["shelter", "Jeg er i dekning"],
])("before the answer, %s is offered exactly when it is allowed", (action, name) => {
  const { unmount } = show(anAlarm({}, { can: beforeAnswer }));
  expect(button(name)).not.toBeNull();
  unmount();
  show(anAlarm({}, { can: beforeAnswer.filter((one) => one !== action) }));
  expect(button(name)).toBeNull();
});

test.each([
  ["decline", "Jeg kan likevel ikke"], ["arrive", "Jeg er på stedet"], ["more_help", "Send flere"], ["mark", "112 er ringt"],
  ["note", "Skriv i loggen"], ["confirm", "Jeg har sett dem"], ["resolve", "Avslutt alarmen …"],
])("after the answer, %s is offered exactly when it is allowed", (action, name) => {
  const { unmount } = show(anAlarm({}, { stage: "coming", can: everything }));
  expect(button(name)).not.toBeNull();
  unmount();
  show(anAlarm({}, { stage: "coming", can: everything.filter((one) => one !== action) }));
  expect(button(name)).toBeNull();
});

test("where nobody is to go, the big button takes the alarm and says nothing about coming", () => {
  show(anAlarm({ go_to_scene: "nobody" }));
  expect(button("Jeg tar den")).not.toBeNull();
  expect(button("Jeg kommer")).toBeNull();
});

test("a late alarm says when it was pressed and when it was received", () => {
  show(anAlarm({ late: true, pressed_at: "2026-11-21T12:20:00Z", received_at: "2026-11-21T12:52:00Z" }));
  expect(screen.getByText("Presset 13:20, mottatt 13:52")).toBeTruthy();
});

test("an alarm that is not late does not mention the press", () => {
  show(anAlarm({ pressed_at: "2026-11-21T12:20:00Z" }));
  expect(screen.queryByText(/Presset/)).toBeNull();
});

test("an unverified signal says so and asks to be taken seriously", () => {
  show(anAlarm({ unverified: true }));
  expect(screen.getByText("Ubekreftet signal. Ta det på alvor.")).toBeTruthy();
});

test("from the first second it says that 112 has not been called, and offers to", () => {
  show(anAlarm());
  expect(screen.getByText("112: ikke ringt")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Ring 112" }).getAttribute("href")).toBe("tel:112");
});

test("after the answer the head still says it, without scrolling", () => {
  const { container } = show(anAlarm({}, { stage: "coming", can: everything }));
  expect(container.querySelector(".alarm-head")?.textContent).toContain("112: ikke ringt");
});

test("a screen that has heard nothing says that it may be old", () => {
  show(anAlarm({}, { stage: "coming", can: everything }));
  expect(screen.getByText(/Det du ser, kan være gammelt/)).toBeTruthy();
});

test("once called, it says when and by whom", () => {
  show(anAlarm({ police: { called_at: "2026-11-21T09:01:00Z", called_by: "Liv", expected_at: null } }));
  expect(screen.getByText("112 ringt 10:01 av Liv")).toBeTruthy();
});

test.each(["asked", "coming", "there"] as const)("a drill dials nobody but its leader, as %s", (stage) => {
  const { container } = show(anAlarm({ drill: aDrill }, { stage, can: everything }));
  const dialled = [...container.querySelectorAll('a[href^="tel:"]')].map((link) => link.getAttribute("href"));
  expect(dialled).toEqual(["tel:+4755550105"]);
  expect(screen.getAllByText("ØVELSE").length).toBeGreaterThan(0);
  expect(screen.getByText("Øvelse: ring øvelseslederen, ikke 112.")).toBeTruthy();
});

test.each([{ leads_drill: true }, { drill_ends_at: "2026-11-21T12:05:00Z" }])("whoever leads a drill is not told to ring himself: %o", (me) => {
  const { container } = show(anAlarm({ drill: aDrill }, { stage: "coming", can: everything, ...me }));
  expect(container.querySelector('a[href^="tel:"]')).toBeNull();
  expect(screen.getByText("Øvelse: ikke ring 112. Det er du som leder den.")).toBeTruthy();
});

test("a drill without a leader's number dials nobody", () => {
  const { container } = show(anAlarm({ drill: { ...aDrill, leader: null } }, { stage: "coming", can: everything }));
  expect(container.querySelector('a[href^="tel:"]')).toBeNull();
});

test.each(["asked", "coming"] as const)("whoever armed the button of a drill sees when it ends by itself, as %s, and nobody else does", (stage) => {
  const { unmount } = show(anAlarm({ drill: aDrill }, { stage, can: everything, drill_ends_at: "2026-11-21T12:05:00Z" }));
  expect(screen.getByText("Øvelsen avsluttes av seg selv kl. 13:05.")).toBeTruthy();
  unmount();
  show(anAlarm({ drill: aDrill }, { stage, can: everything }));
  expect(screen.queryByText(/av seg selv/)).toBeNull();
});

test("this is real takes two taps, and only in a drill", async () => {
  const { unmount } = show(anAlarm({}, { stage: "coming", can: everything }));
  expect(button(/Dette er ekte/)).toBeNull();
  unmount();
  show(anAlarm({ drill: aDrill }, { stage: "coming", can: [...everything, "this_is_real"] }));
  fireEvent.click(button("Dette er ekte …")!);
  expect(posted).toEqual([]);
  expect(screen.getByText("Alle som er med på øvelsen, får EKTE ALARM nå. Øvelsen slutter.")).toBeTruthy();
  fireEvent.click(button("Nei, fortsett øvelsen")!);
  fireEvent.click(button("Dette er ekte …")!);
  fireEvent.click(button("Ja, dette er ekte")!);
  await vi.waitFor(() => expect(posted).toHaveLength(1));
  expect(posted[0]).toMatchObject({ action: "this_is_real" });
});

test("this is real is there before the answer too", () => {
  show(anAlarm({ drill: aDrill }, { can: ["acknowledge", "this_is_real"] }));
  expect(button("Dette er ekte …")).not.toBeNull();
});

test("a real alarm that ended a drill says so above the place", () => {
  const { container } = show(anAlarm({ ended_drill: true }));
  expect(container.querySelector(".alarm-real")?.textContent).toContain("Ekte alarm – ikke øvelse");
});

test("a drill that became real gives no all-clear, but the way to the real alarm", () => {
  show(anAlarm({ state: "RESOLVED", drill: aDrill, outcome: { outcome: "became_real", at: "2026-11-21T13:00:00Z", by: "Nina", alarm_id: "a-2" } }));
  expect(screen.getByRole("heading", { name: "Øvelsen er avbrutt. Dette er ekte." })).toBeTruthy();
  expect(screen.getByText("Nina meldte det 14:00")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Se alarmen" }).getAttribute("href")).toBe("/i/a-2");
  expect(screen.queryByText("Øvelsen er avsluttet")).toBeNull();
});

test("whoever must turn back is asked nothing else, and can say that he is safe", () => {
  show(anAlarm({ go_to_scene: "sheltered" }, { stage: "asked", can: everything, ask: { kind: "turn_back", answer_by: null } }));
  expect(screen.getByRole("heading", { name: "Snu. Ingen skal dit nå" })).toBeTruthy();
  expect(screen.getAllByRole("button", { name: "Jeg er i dekning" }).length).toBeGreaterThan(0);
  expect(button("Ja, jeg kommer")).toBeNull();
});

test("a real alarm never carries the word of a drill", () => {
  show(anAlarm({}, { stage: "coming", can: everything }));
  expect(screen.queryByText(/øvelse/i)).toBeNull();
});

test("duress says do not ring", () => {
  show(anAlarm({ duress: true }));
  expect(screen.getByText("Ikke ring. Alarmen gikk under tvang.")).toBeTruthy();
});

test("called off is not over: it says carry on, and the buttons stay", () => {
  show(anAlarm({ called_off: { at: "2026-11-21T12:53:00Z", by: "Kari" } }));
  expect(screen.getByText("Kan være over – fortsett til noen har sett dem")).toBeTruthy();
  expect(button("Jeg kommer")).not.toBeNull();
});

test("a tap shows at once that it is on its way, and a second tap sends nothing more", async () => {
  show(anAlarm());
  fireEvent.click(button("Jeg kommer")!);
  expect(button("Sender …")).not.toBeNull();
  fireEvent.click(button("Sender …")!);
  await vi.waitFor(() => expect(posted).toHaveLength(1));
  expect(posted[0]).toMatchObject({ action: "acknowledge" });
});

test("ending takes two steps, and a press in between is not ended with it", async () => {
  const alarm = anAlarm({ last_signal: 1 }, { stage: "there", can: everything });
  const { rerender } = show(alarm);
  fireEvent.click(button("Avslutt alarmen …")!);
  expect(posted).toEqual([]);
  rerender(<ServicesContext value={services}><AlarmScreen alarm={{ ...alarm, version: 2, last_signal: 2 }} /></ServicesContext>);
  fireEvent.click(screen.getByRole("radio", { name: /Håndtert/ }));
  fireEvent.click(button("Avslutt for alle")!);
  await vi.waitFor(() => expect(posted[0]).toMatchObject({ action: "resolve", outcome: "handled", seen_signal: 1 }));
});

test("empty roles are named, and only those that may be taken can be", () => {
  const { container } = show(anAlarm({ cover: [{ role: "responder", need: 2, have: 0 }, { role: "caller_112", need: 1, have: 0 }] },
    { stage: "coming", role: "coordinator", can: everything, open_roles: ["caller_112"] }));
  expect(container.querySelectorAll(".slot .empty")).toHaveLength(3);
  expect(screen.getAllByRole("button", { name: "Ta rollen" })).toHaveLength(1);
});

test("a question about my promise has one big answer, in place of the other buttons for it", () => {
  show(anAlarm({}, { stage: "coming", can: everything, ask: { kind: "late_ack", answer_by: null } }));
  expect(screen.getByRole("heading", { name: "Svaret ditt kom sent fram. Kommer du?" })).toBeTruthy();
  expect(button("Ja, jeg kommer")).not.toBeNull();
  expect(button("Jeg er på stedet")).toBeNull();
});

test("an ended alarm shows how it ended and offers no answer", () => {
  show(anAlarm({ state: "RESOLVED", outcome: { outcome: "handled", at: "2026-11-21T13:00:00Z", by: "Liv", alarm_id: null } }));
  expect(screen.getByRole("heading", { name: "Alarmen er avsluttet" })).toBeTruthy();
  expect(screen.getByText("Håndtert · 14:00 av Liv")).toBeTruthy();
  expect(button("Jeg kommer")).toBeNull();
});

test("a step that the server has as ticked is ticked, for the role that it was ticked in, and so is each that is on its way", async () => {
  const text = (one: string) => ({ nb: one, nn: one, en: one });
  const steps = ["go", "ask", "tell"].map((id) => ({ id, must: false, mark: null, text: text(id) }));
  const alarm = anAlarm({}, { stage: "coming", role: "responder", can: everything, ticks: ["responder/go", "leader/ask"] });
  services.cards.set({ [alarm.office_id]: { office_id: alarm.office_id, cards: [{ situation: alarm.situation, role: "responder", steps }] } });
  show(alarm);
  const ticked = () => screen.getAllByRole<HTMLInputElement>("checkbox").map((one) => one.checked);
  expect(ticked()).toEqual([true, false, false]);
  const boxes = screen.getAllByRole("checkbox");
  fireEvent.click(boxes[1]!);
  fireEvent.click(boxes[2]!);
  expect(ticked()).toEqual([true, true, true]);
});
