// Promises about the PIN during a visit: it can go along with every tap, is never demanded, and is not kept for a later one.
import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Session } from "../core/session-contract";
import { readVisit, type VisitView } from "../core/visit-contract";
import { startTexts, texts } from "../i18n/texts";
import { ServicesContext } from "../io/hooks";
import { inMemory } from "../io/local-store";
import { Services } from "../io/services";
import { Mine } from "./Mine";

const out = {
  id: "v-1", state: "OUT", mine: true, type: "other_outside", people: [{ id: "a", name: "Amina" }], started_at: "2026-11-21T10:00:00Z", ends_at: "2026-11-21T12:00:00Z",
  deadline_at: "2026-11-21T11:00:00Z", times: { interval_s: 1800, extend_max_s: 7200, uncovered_max_s: 3600, pin_at_end: false },
};
const amina = { tier: "session", pin: true, person: { id: "a", name: "Amina", language: "nb" }, surface: "phone", offices: [], server_time: "2026-11-21T10:00:00Z" } as unknown as Session;
let services: Services;
let posted: Record<string, unknown>[];

beforeAll(() => startTexts());
beforeEach(() => {
  posted = [];
  vi.stubGlobal("fetch", async (path: string, request?: { body?: string }) => {
    if (path.endsWith("/actions")) posted.push(JSON.parse(request?.body ?? "{}") as Record<string, unknown>);
    return new Promise(() => undefined);
  });
});
afterEach(() => void vi.useRealTimers());

function show(more: Record<string, unknown> = {}, session: Session = amina) {
  services = new Services(inMemory());
  services.session.set({ state: "signed_in", session });
  const visit = readVisit({ ...out, ...more }) as VisitView;
  return render(<ServicesContext value={services}><Mine visit={visit} /></ServicesContext>);
}
const field = () => screen.queryByLabelText<HTMLInputElement>("PIN (kan stå tom her)");
const type = (pin: string) => fireEvent.change(field() as HTMLInputElement, { target: { value: pin } });
const tap = (name: RegExp | string) => fireEvent.click(screen.getByRole("button", { name }));
const sent = async () => waitFor(() => expect(posted).toHaveLength(1)).then(() => posted[0] as Record<string, unknown>);

test("a check-in is one tap, and carries no PIN where none was typed", async () => {
  show();
  tap("Alt er bra");
  expect(await sent()).not.toHaveProperty("pin");
});

test("a PIN goes along with the check-in, and stays in the field no longer than that", async () => {
  show();
  type("4321");
  tap("Alt er bra");
  expect(await sent()).toMatchObject({ action: "check_in", pin: "4321" });
  expect(field()?.value).toBe("");
});

test.each([["+15 min", 900], ["+30 min", 1800]])("a PIN goes along with %s", async (name, seconds) => {
  show();
  type("4321");
  tap(name);
  expect(await sent()).toMatchObject({ action: "extend", seconds, pin: "4321" });
});

test("a PIN goes along with any other number of minutes, and with a time without coverage", async () => {
  const { unmount } = show();
  type("4321");
  tap(texts.nb["visit.extend_other"]);
  fireEvent.change(screen.getByLabelText(/Hvor mange minutter til/), { target: { value: "20" } });
  tap("Forleng");
  expect(await sent()).toMatchObject({ action: "extend", seconds: 1200, pin: "4321" });
  unmount();

  posted = [];
  show();
  type("4321");
  tap("Uten dekning …");
  fireEvent.click(screen.getAllByRole("button", { name: /^\d\d:\d\d$/ })[0] as HTMLElement);
  expect(await sent()).toMatchObject({ action: "no_coverage", seconds: 900, pin: "4321" });
});

test("a PIN is never sent with another tap than the next, nor a minute later", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  show();
  type("4321");
  act(() => void vi.advanceTimersByTime(60_000));
  expect(field()?.value).toBe("");
  tap("Alt er bra");
  expect(await sent()).not.toHaveProperty("pin");
});

test("whoever is missed can give it too, and who has no PIN is not asked for one", () => {
  const { unmount } = show({ state: "OVERDUE", late: true });
  expect(field()).not.toBeNull();
  unmount();
  show({}, { ...amina, pin: false });
  expect(field()).toBeNull();
});
