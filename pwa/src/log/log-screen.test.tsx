// Promises about the log: that of an exercise says so for as long as it is kept, also when this screen no longer knows its alarm.
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Session } from "../core/session-contract";
import { startTexts } from "../i18n/texts";
import { ServicesContext } from "../io/hooks";
import { inMemory } from "../io/local-store";
import { Services } from "../io/services";
import LogScreen from "./LogScreen";

const liv = { tier: "session", surface: "phone", zone_public: null, person: { id: "liv", name: "Liv" }, offices: [] } as unknown as Session;

beforeAll(() => startTexts());
afterEach(cleanup);

async function show(drill: boolean, ...then: string[]): Promise<string> {
  const more = then.map((what, n) => ({ n: n + 2, at: "2026-11-21T13:02:00Z", who: null, what, data: {} }));
  const log = { entries: [{ n: 1, at: "2026-11-21T12:52:00Z", who: null, what: "opened", data: { drill: drill ? "d-1" : null } }, ...more], intact: true, drill };
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(log), { headers: { "content-type": "application/json" } }));
  const services = new Services(inMemory());
  services.session.set({ state: "signed_in", session: liv });
  render(<ServicesContext value={services}><LogScreen id="a-1" /></ServicesContext>);
  await screen.findByText("Alarmen ble åpnet");
  return document.body.textContent ?? "";
}

test("the log of an exercise is marked as one after a reload and long after it, and no other log is", async () => {
  expect(await show(true)).toContain("ØVELSE");
  cleanup();
  expect(await show(false)).not.toContain("ØVELSE");
});

test("that whoever armed it was reminded, that it is over, and who else would have been told, stand there in words", async () => {
  const text = await show(true, "still_on", "drill_over", "would_have", "rescued");
  expect(text).toContain("Ville ha varslet andre utenfor øvelsen");
  expect(text).toContain("De i siste steg ble varslet");
  expect(text).toContain("er minnet på at den fortsatt er i gang");
  expect(text).toContain("Øvelsen er over");
});
