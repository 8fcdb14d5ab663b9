// Promises about who can be reached: what has not been proven is said once, and whoever leads has a way to the rest.
import { cleanup, render, screen } from "@testing-library/react";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { OfficeNow, Session } from "../core/session-contract";
import { startTexts } from "../i18n/texts";
import { ServicesContext } from "../io/hooks";
import { inMemory } from "../io/local-store";
import { Services } from "../io/services";
import { Reachable } from "./Reachable";

const person = (name: string, sure: boolean) => ({ person_id: name, name, roles: ["coordinator"], duty: "present" as const, screen: false, channels: ["push"], sure });
const now = (...reachable: OfficeNow["reachable"]): OfficeNow => ({
  office_id: "o", name: "Nav Fjordvik", address: "", at: "2026-11-21T10:00:00Z", present: 3, on_duty: 1, readiness: null, reachable, roles: [{ role: "coordinator", reachable: 3 }],
  gateway: { state: "ok", heard_at: null }, devices: [], contacts: [], phone: null, sms: null, may_arm: [],
});
let services: Services;

beforeAll(() => startTexts());
beforeEach(() => {
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  services = new Services(inMemory());
});

function show(facts: OfficeNow, access: string[] = ["desk"]): string {
  const session = { person: { id: "k", name: "Kari", language: "nb" }, surface: "desk", offices: [{ id: "o", name: "", access, roles: [], duty: "present" }] } as unknown as Session;
  services.session.set({ state: "signed_in", session });
  return render(<ServicesContext value={services}><Reachable now={facts} /></ServicesContext>).container.textContent ?? "";
}

test("of whom nothing is proven is named once, below the roles, and not at each name", () => {
  const said = show(now(person("Ola", true), person("Liv", false), person("Per", false)));
  expect(said).toContain("Ola, Liv, Per");
  expect(said.match(/ikke prøvd/g)).toHaveLength(1);
  expect(screen.getByText("Varsling er ikke prøvd den siste uken til: Liv, Per")).toBeTruthy();
});

test("where it is all of them it is one sentence, and where it is nobody there is none", () => {
  expect(show(now(person("Ola", false), person("Liv", false)))).toContain("Varsling er ikke prøvd den siste uken til noen av dem.");
  expect(show(now(person("Ola", true)))).not.toContain("ikke prøvd");
});

test("whoever leads the office has a way to how ready it is, and nobody else", () => {
  show(now(person("Ola", true)));
  expect(screen.queryByRole("link")).toBeNull();
  cleanup();
  show(now(person("Ola", true)), ["responder", "office_lead"]);
  expect(screen.getByRole("link", { name: "Se alt om beredskapen" }).getAttribute("href")).toBe("/klar");
});
