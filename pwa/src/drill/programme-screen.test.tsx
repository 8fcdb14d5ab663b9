// Promises about the wheel's page: a message opens the wheel of the office that it is about, and the page says who is reminded of what.
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Session } from "../core/session-contract";
import { startTexts } from "../i18n/texts";
import { ServicesContext } from "../io/hooks";
import { inMemory } from "../io/local-store";
import { Services } from "../io/services";
import ProgrammeScreen from "./ProgrammeScreen";

const office = (id: string, access: string) => ({ id, name: id, access: [access] });
const liv = {
  tier: "session", surface: "phone", zone_public: null, person: { id: "liv", name: "Liv" },
  offices: [office("fjordvik", "office_lead"), office("fjellby", "drill_coordinator"), office("lillevik", "worker")],
} as unknown as Session;
const empty = { lines: [], duties: [], buttons: { tested: 0, of: 0, devices: [] }, trained: [], findings: [] };

beforeAll(() => startTexts());
afterEach(cleanup);

async function wheelOpened(office_id?: string): Promise<string[]> {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    return new Response(JSON.stringify(path.endsWith("/programme") ? empty : { people: [], exercises: [] }), { headers: { "content-type": "application/json" } });
  });
  const services = new Services(inMemory());
  services.session.set({ state: "signed_in", session: liv });
  render(<ServicesContext value={services}><ProgrammeScreen office_id={office_id} sos={null} /></ServicesContext>);
  await screen.findByText(/Den første virkedagen i måneden/);
  return asked.filter((path) => path.endsWith("/programme"));
}

test.each([
  ["fjellby", "fjellby"], [undefined, "fjordvik"], ["lillevik", "fjordvik"], ["nowhere", "fjordvik"],
])("a message about %s opens the wheel of %s", async (about, opened) => {
  expect(await wheelOpened(about)).toEqual([`/api/offices/${opened}/drills/programme`]);
});
