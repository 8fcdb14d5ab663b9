// Promises about what shows the place and reads the card: the zone is marked and said, no map without a server's, no voice where it could do harm.
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { AlarmView } from "../core/contract";
import { aDrill, anAlarm } from "../core/examples";
import type { OfficePlace } from "../core/session-contract";
import { chooseLanguage, startTexts } from "../i18n/texts";
import { ServicesContext } from "../io/hooks";
import { inMemory } from "../io/local-store";
import { Services } from "../io/services";
import { AlarmMap } from "./AlarmMap";
import { FloorDrawing } from "./FloorDrawing";
import { AmbulanceLine } from "./PoliceLine";
import { ReadAloud } from "./ReadAloud";
import { Switcher } from "./Switcher";
import { keptInSight } from "./use-bar-height";

const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect id="zone-mottak" width="9" height="9"></rect></svg>';
const place: OfficePlace = { office_id: "nav-fjordvik", map: { credit: "© N", zoom_least: 8, zoom_most: 17 }, position: { lat: 61.5, lon: 3.2 }, drawings: [{ floor: "1. etasje", svg, zones: ["mottak"] }] };
const visit: NonNullable<AlarmView["visit"]> = {
  id: "v", people: [], contact: null, deadline_at: null, ends_at: null, heard_at: null, transport: "", position: null, settle: false,
};
let services: Services;

beforeAll(() => startTexts());
beforeEach(() => {
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  services = new Services(inMemory());
  services.places.set({ "nav-fjordvik": place });
});

function show(node: React.ReactNode) {
  return render(<ServicesContext value={services}>{node}</ServicesContext>);
}
const actions = { act: () => undefined, last: () => null, waiting: () => false };

test("the pressed zone is marked in the drawing and said to those who cannot see it", () => {
  const { container } = show(<FloorDrawing alarm={anAlarm({ place: { ...anAlarm().place, detail: "Rett inn." } })} />);
  expect(screen.getByRole("img", { name: "Plantegning av 1. etasje. Mottak er merket. Rett inn." })).toBeTruthy();
  expect(container.querySelectorAll(".pressed")).toHaveLength(1);
  fireEvent.click(screen.getByRole("button", { name: "Større" }));
  expect(screen.getByRole("button", { name: "Mindre" }).getAttribute("aria-pressed")).toBe("true");
});

test.each([
  ["a zone that nobody has drawn", { zone_id: "loft" }, place],
  ["no zone", { zone_id: null }, place],
  ["what is no drawing", {}, { ...place, drawings: [{ floor: "1", svg: "<p>x</p>", zones: [] }] }],
])("with %s there is no drawing", (_, where, known) => {
  services.places.set({ "nav-fjordvik": known });
  show(<FloorDrawing alarm={anAlarm({ place: { ...anAlarm().place, ...where } })} />);
  expect(screen.queryByRole("img")).toBeNull();
});

test("a map is offered where the server has one, and nothing is fetched before somebody asks", () => {
  const { container, unmount } = show(<AlarmMap alarm={anAlarm()} />);
  expect(screen.getByRole("button", { name: "Åpne i kart" })).toBeTruthy();
  expect(container.querySelector("img")).toBeNull();
  unmount();
  services.places.set({ "nav-fjordvik": { ...place, map: null } });
  show(<AlarmMap alarm={anAlarm()} />);
  expect(screen.queryByRole("button")).toBeNull();
});

test("whoever is out is not looked for at the office, and without a map the position is read out", () => {
  show(<AlarmMap alarm={anAlarm({ visit })} />);
  expect(screen.queryByRole("button")).toBeNull();
  cleanup();
  services.places.set({ "nav-fjordvik": { ...place, map: null } });
  show(<AlarmMap alarm={anAlarm({ visit: { ...visit, position: { lat: 61, lon: 3, accuracy_m: null, at: null } } })} />);
  expect(screen.getByText(/Kart er ikke slått på/)).toBeTruthy();
});

class Voices extends EventTarget {
  said: SpeechSynthesisUtterance[] = [];
  silenced = 0;
  constructor(private readonly voices: Partial<SpeechSynthesisVoice>[]) { super(); }
  getVoices = () => this.voices as SpeechSynthesisVoice[];
  speak = (one: SpeechSynthesisUtterance) => void this.said.push(one);
  cancel = () => void (this.silenced++, this.said = []);
}

function voices(...list: Partial<SpeechSynthesisVoice>[]): Voices {
  const made = new Voices(list);
  vi.stubGlobal("speechSynthesis", made);
  vi.stubGlobal("SpeechSynthesisUtterance", class { voice = null; lang = ""; rate = 1; onend = null; onerror = null; constructor(readonly text: string) {} });
  return made;
}
const norwegian = { lang: "nb-NO", localService: true };
const loud = anAlarm({ situation: "evacuation", silent: false }, { stage: "coming" });

test("the card is read sentence by sentence in its own language, and stops when told", () => {
  const spoken = voices({ lang: "en-GB", localService: true }, norwegian);
  show(<ReadAloud alarm={loud} sentences={["Koordinator", "1. Gå."]} />);
  fireEvent.click(screen.getByRole("button", { name: "Les kortet høyt" }));
  expect(spoken.said.map((one) => [one.text, one.lang])).toEqual([["Koordinator", "nb-NO"], ["1. Gå.", "nb-NO"]]);
  fireEvent.click(screen.getByRole("button", { name: "Stopp opplesingen" }));
  expect(spoken.said).toEqual([]);
  expect(screen.getByRole("button", { name: "Les kortet høyt" })).toBeTruthy();
});

test.each<[string, Partial<AlarmView>, Partial<AlarmView["me"]>]>([
  ["in a silent situation", { silent: true }, {}], ["to one who is sheltered", {}, { stage: "sheltered" }], ["on the scene", {}, { stage: "there" }],
  ["to the one who pressed", {}, { is_presser: true }], ["when it is over", { state: "RESOLVED" }, {}],
])("nothing is read %s, and what is being read stops in the middle", (_, alarm, me) => {
  const spoken = voices(norwegian);
  const { rerender } = show(<ReadAloud alarm={loud} sentences={["Gå."]} />);
  fireEvent.click(screen.getByRole("button"));
  expect(spoken.said).toHaveLength(1);
  rerender(<ServicesContext value={services}><ReadAloud alarm={{ ...loud, ...alarm, me: { ...loud.me, ...me } }} sentences={["Gå."]} /></ServicesContext>);
  expect(screen.queryByRole("button")).toBeNull();
  expect(spoken.said).toEqual([]);
});

test("without a voice of the language on the device itself nothing is offered; voices that come later are", () => {
  const spoken = voices({ lang: "en-GB", localService: true }, { lang: "nb-NO", localService: false });
  show(<ReadAloud alarm={loud} sentences={["Gå."]} />);
  expect(screen.queryByRole("button")).toBeNull();
  spoken.getVoices = () => [norwegian] as SpeechSynthesisVoice[];
  act(() => void spoken.dispatchEvent(new Event("voiceschanged")));
  expect(screen.getByRole("button")).toBeTruthy();
});

test("an ambulance that is needed stands there until 113 has been rung, and a drill dials nobody", () => {
  const needed = { mark: "ambulance_needed", at: "2026-11-21T09:01:00Z", by: "Ola", value: null };
  const alarm = anAlarm({ marks: [needed] }, { stage: "coming", can: ["mark"] });
  show(<AmbulanceLine alarm={alarm} actions={actions} />);
  expect(screen.getByText("Meldt 10:01 av Ola")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Ring 113" }).getAttribute("href")).toBe("tel:113");
  cleanup();
  show(<AmbulanceLine alarm={{ ...alarm, drill: aDrill }} actions={actions} />);
  expect(screen.queryByRole("link")).toBeNull();
  cleanup();
  show(<AmbulanceLine alarm={{ ...alarm, marks: [needed, { ...needed, mark: "ambulance_called" }] }} actions={actions} />);
  expect(screen.queryByText("Trenger ambulanse")).toBeNull();
});

test("an alarm that is over hides none that is open", () => {
  show(<Switcher alarms={[anAlarm({ id: "b", place: { ...anAlarm().place, zone: "Samtalerom 2" } })]} current="a-that-is-over" />);
  expect(screen.getByRole("link", { name: /Samtalerom 2/ }).getAttribute("href")).toBe("/i/b");
  cleanup();
  show(<Switcher alarms={[anAlarm({ id: "b" })]} current="b" />);
  expect(screen.queryByRole("link")).toBeNull();
});

test("of a bar that would hide the card only the main answer is kept, and of one that is too large even so nothing", () => {
  expect(keptInSight(160, 92, 844)).toBe(160);
  expect(keptInSight(300, 110, 640)).toBe(122);
  expect(keptInSight(300, 110, 250)).toBe(0);
  expect(keptInSight(300, null, 640)).toBe(0);
});

test("the drawing's words follow the language", () => {
  chooseLanguage("nn");
  show(<FloorDrawing alarm={anAlarm()} />);
  expect(screen.getByRole("img", { name: /er merkt/ })).toBeTruthy();
  act(() => chooseLanguage("nb"));
});
