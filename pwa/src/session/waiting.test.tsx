// Promises about a server that is slow to say who was let in: it is said, asked on, and the code is not asked for twice.
import { act, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Session } from "../core/session-contract";
import { chooseLanguage, startTexts } from "../i18n/texts";
import { ServicesContext } from "../io/hooks";
import type { Answered } from "../io/entering";
import { inMemory } from "../io/local-store";
import { Services } from "../io/services";
import GetStarted from "./GetStarted";
import SignIn from "./SignIn";
import { Unlock } from "./Unlock";

const late = {
  nb: "Du er logget inn, men Varde svarer sent. Appen prøver igjen av seg selv. Er det fare: ring 112.",
  nn: "Du er logga inn, men Varde svarer seint. Appen prøver igjen av seg sjølv. Er det fare: ring 112.",
  en: "You are signed in, but Varde is slow to answer. The app tries again by itself. If there is danger: call 112.",
};
const locked: Session = {
  tier: "key", pin: true, person: { id: "kari", name: "Kari Nilsen", language: "nb" }, demo: false, surface: "phone", zone_id: null, zone_public: null,
  offices: [{ id: "nav", name: "Nav Fjordvik", access: [], roles: [], duty: "present" }], server_time: "2026-11-21T10:00:00Z",
};
let services: Services;
let posted: string[];
let answer: (answered: Answered) => void;
let asked: number;

beforeAll(() => startTexts());
beforeEach(() => {
  vi.useFakeTimers();
  posted = [];
  asked = 0;
  vi.stubGlobal("fetch", async (path: string, request: RequestInit = {}) => {
    if (request.method === "POST") posted.push(path);
    const people = path === "/api/demo/people" ? { people: [] } : null;
    return new Response(people ? JSON.stringify(people) : null, { status: people ? 200 : 204, headers: { "content-type": "application/json" } });
  });
  vi.stubGlobal("scrollTo", () => undefined);
  services = new Services(inMemory());
  vi.spyOn(services, "refreshSession").mockImplementation(() => new Promise((go) => {
    asked += 1;
    answer = go;
  }));
  services.session.set({ state: "signed_out", session: null });
});
afterEach(() => {
  chooseLanguage("nb");
  history.replaceState(null, "", "/");
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const shown = (screenOf: React.ReactNode) => render(<ServicesContext value={services}>{screenOf}</ServicesContext>);
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const answers = (what: Answered) => act(async () => answer(what));

async function typeCode() {
  await pass(0);
  fireEvent.change(screen.getByLabelText(/Invitasjonskode|Invitation code/), { target: { value: "ABCD2345" } });
  fireEvent.submit(document.querySelector("form")!);
  await pass(0);
  expect(posted).toEqual(["/api/session"]);
}

test.each(["nb", "nn", "en"] as const)("a code that was taken by a server that then says nothing: the page says so in %s, and asks on until it is told", async (language) => {
  chooseLanguage(language);
  shown(<SignIn />);
  await typeCode();
  expect(screen.queryByRole("alert")).toBeNull();
  await pass(2500);
  expect(screen.getByRole("alert").textContent).toBe(late[language]);
  await answers("silent");
  for (const again of [2, 3, 4]) {
    await pass(24_000);
    expect(asked).toBe(again);
    expect(screen.getByRole("alert").textContent).toBe(late[language]);
    if (again < 4) await answers("silent");
  }
  await answers("in");
  expect(screen.queryByRole("alert")).toBeNull();
  await pass(60_000);
  expect(asked).toBe(4);
});

test("the code is not sent a second time while the server is silent: used already, it would be called wrong", async () => {
  shown(<SignIn />);
  await typeCode();
  await answers("silent");
  const button = document.querySelector<HTMLButtonElement>("button[type=submit]")!;
  expect(button.disabled || button.getAttribute("aria-disabled") === "true").toBe(true);
  fireEvent.click(button);
  await pass(0);
  expect(posted).toEqual(["/api/session"]);
});

test("step by step, too: the step after the code says that the server is slow", async () => {
  history.replaceState(null, "", "/kom-i-gang#ABCD2345");
  shown(<GetStarted />);
  fireEvent.click(screen.getByRole("button", { name: "Fortsett" }));
  fireEvent.click(screen.getByRole("button", { name: "Fortsett uten" }));
  await typeCode();
  await answers("silent");
  expect(screen.getByRole("alert").textContent).toBe(late.nb);
  expect(screen.queryByLabelText("Invitasjonskode")).toBeNull();
});

test("a browser that keeps no cookie is told so, and that is not called a slow server", async () => {
  shown(<SignIn />);
  await typeCode();
  await answers("out");
  expect(screen.getByRole("alert").textContent).toBe("Nettleseren tok ikke vare på innloggingen. Tillat informasjonskapsler for denne siden, og prøv igjen.");
});

test("a locked phone whose PIN was right says why it is still locked", async () => {
  services.session.set({ state: "signed_in", session: locked });
  shown(<Unlock />);
  fireEvent.change(screen.getByLabelText("PIN"), { target: { value: "1234" } });
  fireEvent.submit(document.querySelector("form")!);
  await pass(0);
  await answers("silent");
  expect(screen.getByText(late.nb)).toBeTruthy();
});

test("a page that was opened while the server was silent asks on, and finds the session that is there", async () => {
  services.entering.again();
  shown(<SignIn />);
  await pass(0);
  expect(screen.getByRole("alert").textContent).toBe("Varde svarer ikke ennå. Appen prøver igjen av seg selv. Er det fare: ring 112.");
  await answers("silent");
  await pass(24_000);
  expect(asked).toBe(2);
  await answers("in");
  expect(screen.queryByRole("alert")).toBeNull();
});

test("who is let in while the page still asks in vain is asked for at once", async () => {
  services.entering.again();
  await answers("silent");
  shown(<SignIn />);
  await typeCode();
  expect(asked).toBe(2);
  await answers("in");
  expect(screen.queryByRole("alert")).toBeNull();
  await pass(60_000);
  expect(asked).toBe(2);
});

test("what the server said of the session is told apart from its silence", async () => {
  vi.useRealTimers();
  vi.mocked(services.refreshSession).mockRestore();
  const say: Record<string, () => Promise<Response>> = {
    silent: () => Promise.reject(new DOMException("slow", "TimeoutError")),
    out: async () => new Response(JSON.stringify({ reason: "not_signed_in" }), { status: 401, headers: { "content-type": "application/json" } }),
  };
  for (const [answered, response] of Object.entries(say)) {
    vi.stubGlobal("fetch", response);
    expect(await services.refreshSession()).toBe(answered);
  }
  vi.stubGlobal("fetch", async () => new Response(null, { status: 502 }));
  expect(await services.refreshSession()).toBe("silent");
});
