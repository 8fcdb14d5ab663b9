// Promises about the way in: what each phone is shown, what is asked only after a tap, and what is never called finished.
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { PhoneFacts } from "../core/phone";
import type { Session } from "../core/session-contract";
import { startTexts } from "../i18n/texts";
import { ServicesContext } from "../io/hooks";
import { inMemory } from "../io/local-store";
import { Services } from "../io/services";
import { ChoosePin } from "./ChoosePin";
import GetStarted from "./GetStarted";
import InviteScreen from "./InviteScreen";
import { doorTexts } from "./texts";

const facts: PhoneFacts = {
  platform: "android", installed: false, able: true, permission: "default", subscribed: false, failed: false, sound: false, server: { pushes: true, sms: true, known: null },
};
const known = { id: "p", label: "", health: "fine", trouble: "", sent_at: "2026-11-21T10:00:00Z", shown_at: "2026-11-21T10:00:00Z" } as const;
const kari: Session = {
  tier: "session", pin: false, old_pin: false, person: { id: "kari", name: "Kari Nilsen", language: "nb" }, demo: false, surface: "phone", zone_id: null, zone_public: null,
  offices: [{ id: "nav", name: "Nav Fjordvik", access: ["office_lead"], roles: [], duty: "present" }], server_time: "2026-11-21T10:00:00Z",
};
let services: Services;
let asked: { path: string; body: unknown }[];
let answers: Record<string, [number, unknown]>;

beforeAll(() => startTexts());
beforeEach(() => {
  asked = [];
  answers = {};
  vi.stubGlobal("fetch", async (path: string, request: RequestInit = {}) => {
    const [status, body] = answers[`${request.method ?? "GET"} ${path}`] ?? [404, { reason: "unknown_path" }];
    asked.push({ path: `${request.method ?? "GET"} ${path}`, body: request.body ? JSON.parse(String(request.body)) : null });
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  });
  vi.stubGlobal("scrollTo", () => undefined);
  services = new Services(inMemory());
  vi.spyOn(services.phone, "sync").mockResolvedValue();
  // Being signed in starts the line, the key and the outbox, which outlive a test that is about a screen.
  vi.spyOn(services, "refreshSession").mockResolvedValue("in");
});
afterEach(() => void vi.restoreAllMocks());
afterEach(() => history.replaceState(null, "", "/"));

function started(session: Session | null, platform: PhoneFacts["platform"], installed: boolean, hash = "") {
  history.replaceState(null, "", `/kom-i-gang${hash}`);
  vi.spyOn(services.phone, "here").mockReturnValue({ platform, installed });
  services.session.set(session ? { state: "signed_in", session } : { state: "signed_out", session: null });
  return render(<ServicesContext value={services}><GetStarted duty={<p>duty</p>} /></ServicesContext>);
}
const tap = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

test("an iPhone is shown the Home Screen first, with the code to carry over, and is let no further", () => {
  vi.spyOn(navigator, "userAgent", "get").mockReturnValue("Mozilla/5.0 (iPhone) Version/18.5 Mobile Safari/604.1");
  started(null, "ios", false, "#ABCD2345");
  tap("Fortsett");
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Legg Varde på Hjem-skjermen");
  expect(screen.getByText("ABCD 2345")).toBeTruthy();
  expect(screen.getAllByRole("listitem").length).toBe(3);
  expect(screen.getAllByRole("button").map((one) => one.textContent)).toEqual(["", "Kopier koden", "Forrige steg"]);
  expect(asked).toEqual([]);
});

test("Android's own question is put where it is offered, else what to tap is drawn", async () => {
  started(null, "android", false);
  const prompt = vi.fn(async () => ({ outcome: "accepted" }));
  window.dispatchEvent(Object.assign(new Event("beforeinstallprompt", { cancelable: true }), { prompt }));
  tap("Fortsett");
  expect(screen.queryAllByRole("listitem")).toEqual([]);
  tap("Installer Varde");
  await screen.findByText(doorTexts.nb["start.install_asked"]);
  expect(prompt).toHaveBeenCalledTimes(1);
  cleanup();
  services.install.state.set("none");
  started(null, "android", false);
  tap("Fortsett");
  expect(screen.getAllByRole("listitem").length).toBe(3);
});

test("the code of the link is filled in, and used only when it is sent", async () => {
  started(null, "desktop", false, "#abcd2345");
  tap("Fortsett");
  tap("Fortsett uten");
  expect((screen.getByLabelText("Invitasjonskode") as HTMLInputElement).value).toBe("ABCD 2345");
  expect(asked).toEqual([]);
  answers["POST /api/session"] = [204, null];
  tap("Logg inn");
  await waitFor(() => expect(asked[0]).toEqual({ path: "POST /api/session", body: { code: "ABCD2345", attempt: expect.stringMatching(/^[0-9a-f-]{36}$/) } }));
  await waitFor(() => expect(location.hash).toBe(""));
});

test("a code that no answer came for is sent again as the same attempt, and another code is another", async () => {
  started(null, "desktop", false, "#abcd2345");
  tap("Fortsett");
  tap("Fortsett uten");
  answers["POST /api/session"] = [503, { reason: "store_down" }];
  const attempts = () => asked.filter((one) => one.path === "POST /api/session").map((one) => (one.body as { attempt: string }).attempt);
  for (const [n, code] of ["ABCD 2345", "abcd2345", "WXYZ 6789"].entries()) {
    fireEvent.change(screen.getByLabelText("Invitasjonskode"), { target: { value: code } });
    tap("Logg inn");
    await waitFor(() => expect(attempts()).toHaveLength(n + 1));
    await screen.findByText(/Får ikke svar fra Varde/);
    await waitFor(() => expect(screen.getByRole("button", { name: "Logg inn" })).toHaveProperty("disabled", false));
  }
  const [first, again, other] = attempts();
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});

test("permission is asked for by a tap alone, after it has been said what for", () => {
  const allow = vi.spyOn(services.phone, "allow").mockResolvedValue();
  services.phone.facts.set(facts);
  started(kari, "android", true);
  expect(screen.getByText(doorTexts.nb["start.push_text"])).toBeTruthy();
  expect(allow).not.toHaveBeenCalled();
  tap("Slå på varsler");
  expect(allow).toHaveBeenCalledTimes(1);
});

test.each(["ios", "android", "desktop"] as const)("where it was refused, %s is told where to allow it, and may try again", (platform) => {
  services.phone.facts.set({ ...facts, platform, installed: true, permission: "denied" });
  started(kari, platform, true);
  expect(screen.getByText("Varsler er blokkert")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Prøv igjen" })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Fortsett" })).toBeNull();
});

test.each(["ios", "android", "desktop"] as const)("a test that no receipt came back for is finished nowhere, and %s is told three things to try", (platform) => {
  services.phone.facts.set({ ...facts, platform, installed: true, permission: "granted", subscribed: true, server: { pushes: true, sms: true, known: { ...known, health: "unsure", shown_at: null } } });
  services.phone.test.set("not_shown");
  started(kari, platform, true);
  expect(screen.getAllByRole("listitem").map((one) => one.textContent)).toEqual([1, 2, 3].map((one) => doorTexts.nb[`start.lost_${platform}_${one}` as "start.lost_ios_1"]));
  tap("Fortsett uten varsler");
  tap("Senere");
  expect(screen.getByText("Usikker")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Ferdig" })).toBeNull();
  expect(screen.getByText(doorTexts.nb["start.not_done"])).toBeTruthy();
});

test("finished is said when the phone has answered, with whether one is available beside it", () => {
  services.phone.facts.set({ ...facts, installed: true, permission: "granted", subscribed: true, server: { pushes: true, sms: true, known } });
  services.phone.test.set("shown");
  started({ ...kari, pin: true }, "android", true);
  expect(screen.getByText(doorTexts.nb["start.push_proven"])).toBeTruthy();
  tap("Fortsett");
  tap("Fortsett");
  expect(screen.getByText("Nåbar")).toBeTruthy();
  expect(screen.getByText("duty")).toBeTruthy();
  tap("Ferdig");
  expect(location.pathname).toBe("/");
});

function choosing(old_pin: boolean) {
  services.session.set({ state: "signed_in", session: { ...kari, pin: old_pin, old_pin } });
  const { container } = render(<ServicesContext value={services}><ChoosePin /></ServicesContext>);
  return (label: string, value: string) => fireEvent.change(screen.getByLabelText(new RegExp(`^${label}`)), { target: { value } }) && container;
}

test.each([
  ["weak_pin", "Ny PIN", "pin.refused_weak_pin"], ["weak_duress_pin", "Ny tvangskode", "pin.refused_weak_pin"], ["same_pin", "Ny tvangskode", "pin.refused_same_pin"],
  ["like_pin", "Ny tvangskode", "pin.refused_like_pin"], ["wrong_pin", "PIN-en du har nå", "pin.refused_wrong_pin"],
] as const)("what the server refuses as %s is said under its field, with what to do", async (reason, label, text) => {
  answers["PUT /api/pin"] = [409, { reason }];
  const type = choosing(true);
  type("PIN-en du har nå", "1234");
  type("Ny PIN", "73 91");
  type("Ny tvangskode", "7392");
  tap("Lagre begge");
  const said = await screen.findByRole("alert");
  expect(said.textContent?.trim()).toBe(doorTexts.nb[text]);
  expect(screen.getByLabelText(new RegExp(`^${label}`)).getAttribute("aria-describedby")).toBe(said.id);
  expect(asked[0]?.body).toEqual({ old_pin: "1234", pin: "7391", duress_pin: "7392" });
});

test("what is kept is said, the fields are empty again, and the old one is asked for only by who has one", async () => {
  answers["PUT /api/pin"] = [204, null];
  const type = choosing(false);
  expect(screen.queryByLabelText(/^PIN-en du har nå/)).toBeNull();
  type("Ny PIN", "739");
  tap("Lagre begge");
  expect(screen.getByRole("alert").textContent?.trim()).toBe("Fire til åtte sifre.");
  expect(asked).toEqual([]);
  type("Ny PIN", "7391");
  type("Ny tvangskode", "5062");
  tap("Lagre begge");
  await screen.findByText(doorTexts.nb["pin.saved"]);
  expect((screen.getByLabelText(/^Ny PIN/) as HTMLInputElement).value).toBe("");
});

test("a PIN that did not reach the server is never said to be kept", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
  const type = choosing(false);
  type("Ny PIN", "7391");
  type("Ny tvangskode", "5062");
  tap("Lagre begge");
  expect((await screen.findByRole("alert")).textContent).toBe(doorTexts.nb["pin.refused_no_answer"]);
  expect(screen.queryByText(doorTexts.nb["pin.saved"])).toBeNull();
});

test("a colleague's code is drawn as the server gave it, and nobody who has a phone is offered one", async () => {
  answers["GET /api/invitations?office_id=nav"] = [200, { people: [{ id: "ola", name: "Ola", has_phone: true }, { id: "siv", name: "Siv", has_phone: false }] }];
  answers["POST /api/invitations"] = [200, { code: "ABCD2345", link: "https://varde.example/kom-i-gang#ABCD2345", expires_at: "2026-11-22T10:00:00Z", qr: ["10", "01"] }];
  services.session.set({ state: "signed_in", session: kari });
  render(<ServicesContext value={services}><InviteScreen sos={null} /></ServicesContext>);
  await screen.findByText("Ola");
  expect(screen.getAllByRole("button", { name: /^Vis kode/ }).map((one) => one.getAttribute("aria-label"))).toEqual(["Vis kode for Siv"]);
  tap("Vis kode for Siv");
  const qr = await screen.findByRole("img", { name: "QR-kode som åpner Varde for Siv" });
  expect(qr.getAttribute("viewBox")).toBe("0 0 10 10");
  expect(qr.querySelector("path")?.getAttribute("d")).toBe("M4 4h1v1h-1zM5 5h1v1h-1z");
  expect(screen.getByText("ABCD 2345")).toBeTruthy();
});
