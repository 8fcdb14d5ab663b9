// Promises about what is said of this phone on the duty screen: a word, why, and a remedy for every gap on every kind of phone.
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { findings, weights, type Finding, type KnownPhone, type PhoneFacts } from "../core/phone";
import { startTexts, texts } from "../i18n/texts";
import { ServicesContext } from "../io/hooks";
import { inMemory } from "../io/local-store";
import { Services } from "../io/services";
import { ThisPhone } from "./ThisPhone";

const fine: KnownPhone = { id: "p", label: "", health: "fine", trouble: "", sent_at: "2026-11-21T10:00:00Z", shown_at: "2026-11-21T10:00:00Z" };
const well: PhoneFacts = {
  platform: "android", installed: true, able: true, permission: "granted", subscribed: true, failed: false, server: { pushes: true, sms: true, known: fine }, sound: true,
};
let services: Services;

beforeAll(() => startTexts());
beforeEach(() => {
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  services = new Services(inMemory());
  vi.spyOn(services.phone, "sync").mockResolvedValue();
});

function show(facts: Partial<PhoneFacts> | null) {
  services.phone.facts.set(facts && { ...well, ...facts });
  return render(<ServicesContext value={services}><ThisPhone /></ServicesContext>);
}

test("before anything is known nothing is claimed", () => {
  show(null);
  expect(screen.getByRole("status").textContent).toBe("Sjekker …");
  expect(screen.queryByText("Nåbar")).toBeNull();
});

test.each<[Partial<PhoneFacts>, string, string]>([
  [{}, "Nåbar", "Varsler når fram også når appen er lukket. Sist vist 11:00."],
  [{ server: { pushes: true, sms: true, known: { ...fine, health: "unsure", shown_at: null } } }, "Usikker", "Vi vet ikke om varsler når fram når appen er lukket."],
  [{ permission: "denied" }, "Bare SMS", "Du får SMS og oppringing, men ikke varsler fra appen."],
  [{ permission: "denied", server: { pushes: true, sms: false, known: null } }, "Bare i åpen app", "Du får bare alarmer mens appen er åpen på skjermen."],
])("%j is told as %s", (facts, word, text) => {
  show(facts);
  expect(screen.getByText(word)).toBeTruthy();
  expect(screen.getByText(text)).toBeTruthy();
});

test("an iPhone whose Varde is not on the Home Screen is shown how to put it there, and nothing else is promised before", () => {
  show({ platform: "ios", installed: false, able: false, subscribed: false });
  expect(screen.getByText("Varde ligger ikke på Hjem-skjermen")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Vis meg steg for steg" }).getAttribute("href")).toBe("/kom-i-gang");
  expect(screen.queryByRole("button", { name: "Send testvarsel" })).toBeNull();
});

test("silent mode is never taken for fine: it is said each time, also when all is well", () => {
  for (const platform of ["ios", "android", "desktop"] as const) {
    show({ platform });
    expect(screen.getByText("Lydløs og Ikke forstyrr kan vi ikke se")).toBeTruthy();
    cleanup();
  }
});

test("one button asks for permission, and only a tap on it does", () => {
  const allow = vi.spyOn(services.phone, "allow").mockResolvedValue();
  show({ permission: "default", subscribed: false });
  expect(allow).not.toHaveBeenCalled();
  fireEvent.click(screen.getByRole("button", { name: "Slå på varsler" }));
  expect(allow).toHaveBeenCalledOnce();
});

test("a test message is sent by a tap, and is called shown only when the server says so", () => {
  const tryIt = vi.spyOn(services.phone, "tryIt").mockImplementation(async () => services.phone.test.set("waiting"));
  show({});
  fireEvent.click(screen.getByRole("button", { name: "Send testvarsel" }));
  expect(tryIt).toHaveBeenCalledOnce();
  expect(screen.queryByText("Vist. Du kan varsles her.")).toBeNull();
});

test("every gap has a name and a remedy for each kind of phone, in three languages", () => {
  const named: Partial<Record<Finding, string>> = { not_known: "not_subscribed", dead: "not_subscribed" };
  for (const language of ["nb", "nn", "en"] as const) {
    const known = texts[language] as Record<string, string>;
    for (const finding of Object.keys(weights) as Finding[]) {
      const name = named[finding] ?? finding;
      expect(known[`phone.${name}`], `${language} ${name}`).toBeTruthy();
      for (const platform of ["ios", "android", "desktop"]) {
        if (finding === "not_installed" && platform !== "ios") continue;
        expect(known[`phone.${name}_remedy_${platform}`] ?? known[`phone.${name}_remedy`], `${language} ${name} ${platform}`).toBeTruthy();
      }
    }
  }
});

test("the examples above are all that can be found", () => {
  expect(findings({ ...well, sound: false })).toEqual(["sound_off", "quiet_unknown"]);
});
