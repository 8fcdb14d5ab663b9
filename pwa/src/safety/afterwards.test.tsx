// Promises about coming down: who is asked, that the last word counts, and that a wish to talk stands until somebody follows it up.
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { aDrill, anAlarm } from "../core/examples";
import type { Session } from "../core/session-contract";
import { startTexts } from "../i18n/texts";
import { ServicesContext } from "../io/hooks";
import { inMemory } from "../io/local-store";
import { Services } from "../io/services";
import { AfterAlarms, Afterwards } from "./Afterwards";

const heard = { followed_up_by: null as string | null, hears: ["Liv Aas", "Per Moe"] };
const over = anAlarm({ state: "RESOLVED" });
const liv = { tier: "session", surface: "phone", zone_public: null, person: { id: "liv", name: "Liv" }, offices: [] } as unknown as Session;
const wish = { alarm_id: "a-1", office: "Nav Fjordvik", person_id: "ola", name: "Ola", word: "talk", at: "2026-11-29T10:00:00Z", seen_by: null };
let services: Services;
let said: string[];
let answer: (method: string, path: string) => [number, unknown];

beforeAll(() => startTexts());
beforeEach(() => {
  said = [];
  answer = () => [200, { asked: true, mine: null, ...heard, answers: [], waiting: [] }];
  services = new Services(inMemory());
  services.session.set({ state: "signed_in", session: liv } as never);
  vi.stubGlobal("fetch", async (path: string, request: { method?: string; body?: string }) => {
    const method = request.method ?? "GET";
    if (method !== "GET") said.push(`${method} ${path} ${request.body ?? ""}`);
    const [status, body] = answer(method, path);
    return new Response(body === null ? null : JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  });
});
afterEach(cleanup);

const show = (what: React.ReactNode) => render(<ServicesContext value={services}>{what}</ServicesContext>);
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

test("what I say is sent, stands there, and can be said anew", async () => {
  let mine: string | null = null;
  answer = (method) => (method === "PUT" ? [204, null] : [200, { asked: true, mine, ...heard, answers: [], waiting: [] }]);
  show(<Afterwards alarm={over} />);
  await screen.findByRole("heading", { name: "Er du i orden?" });
  mine = "talk";
  press("Jeg vil snakke med noen");
  expect((await screen.findByRole("status")).textContent).toContain("Liv Aas og Per Moe får vite at du vil snakke med noen");
  expect(screen.queryByRole("button", { name: "Jeg vil snakke med noen" })).toBeNull();
  mine = "fine";
  press("Ja, jeg er i orden");
  await waitFor(() => expect(screen.getByRole("status").textContent).toContain("Lederen din ser at du er i orden"));
  expect(said).toEqual(['talk', 'fine'].map((word) => `PUT /api/alarms/a-1/aftermath {"word":"${word}"}`));
});

test("a tap shows at once that it is on its way, once, also where the page is closed meanwhile, and a change of mind meanwhile goes after it", async () => {
  let arrives = () => {};
  const there = new Promise<void>((done) => (arrives = done));
  const kept: unknown[] = [];
  let mine: string | null = null;
  answer = () => [200, { asked: true, mine, ...heard, answers: [], waiting: [] }];
  const before = fetch;
  vi.stubGlobal("fetch", async (path: string, request: { method?: string; keepalive?: boolean; body?: string }) => {
    if (request.method !== "PUT") return before(path, request as RequestInit);
    kept.push(request.keepalive);
    await there;
    mine = (JSON.parse(request.body!) as { word: string }).word;
    return before(path, request as RequestInit);
  });
  show(<Afterwards alarm={over} />);
  await screen.findByRole("heading", { name: "Er du i orden?" });
  press("Ja, jeg er i orden");
  press("Sender …");
  press("Jeg vil snakke med noen");
  expect(screen.getAllByRole("button", { name: "Sender …" }).map((one) => one.getAttribute("aria-disabled"))).toEqual(["true", "true"]);
  expect(kept).toEqual([true]);
  arrives();
  await screen.findByRole("button", { name: "Ja, jeg er i orden" });
  expect(said).toEqual(['fine', 'talk'].map((word) => `PUT /api/alarms/a-1/aftermath {"word":"${word}"}`));
});

test("who follows up is told to whoever wished it, and where nobody is told it does not say so", async () => {
  let body = { asked: true, mine: "talk", ...heard, followed_up_by: "Liv Aas", answers: [], waiting: [] };
  answer = () => [200, body];
  const { unmount } = show(<Afterwards alarm={over} />);
  expect((await screen.findByRole("status")).textContent).toContain("Liv Aas følger opp");
  unmount();
  body = { ...body, followed_up_by: null, hears: [] } as unknown as typeof body;
  show(<Afterwards alarm={over} />);
  expect((await screen.findByRole("status")).textContent).toContain("ingen får beskjed");
});

test("a follow-up that does not get through is said to be lost, and the wish stays", async () => {
  const wishes = [wish];
  answer = (method) => (method === "POST" ? [503, { reason: "store_down" }] : [200, { questions: [], wishes }]);
  show(<AfterAlarms />);
  await screen.findByText("Ola");
  press("Jeg følger opp");
  expect((await screen.findByRole("alert")).textContent).toContain("kom ikke fram");
  expect(screen.getByText("Ola")).toBeTruthy();
});

test("an answer that does not get through is said to be lost", async () => {
  answer = (method) => (method === "PUT" ? [503, { reason: "store_down" }] : [200, { asked: true, mine: null, ...heard, answers: [], waiting: [] }]);
  show(<Afterwards alarm={over} />);
  await screen.findByRole("heading", { name: "Er du i orden?" });
  press("Ja, jeg er i orden");
  expect((await screen.findByRole("alert")).textContent).toContain("Svaret kom ikke fram");
});

test("whom it did not concern is not asked, nor anybody after a drill, and those who lead see how people are", async () => {
  const ola = { person_id: "ola", name: "Ola", word: "talk", at: "2026-11-29T10:00:00Z", seen_by: "Liv" };
  answer = () => [200, { asked: false, mine: null, ...heard, answers: [ola], waiting: ["Kari", "Per"] }];
  const { unmount } = show(<Afterwards alarm={over} />);
  const people = await screen.findByRole("region", { name: "Hvordan går det med folk?" });
  expect(people.textContent).toContain("Ola – vil snakke med noen 11:00 · Liv følger opp");
  expect(people.textContent).toContain("Har ikke svart: Kari, Per");
  expect(screen.queryByRole("button")).toBeNull();
  unmount();
  const { container } = show(<Afterwards alarm={anAlarm({ state: "RESOLVED", drill: aDrill })} />);
  expect(container.textContent).toBe("");
});

test("a wish to talk stands with those who lead until one of them follows it up", async () => {
  let wishes = [wish];
  answer = (method) => (method === "POST" ? [204, null] : [200, { questions: [], wishes }]);
  show(<AfterAlarms />);
  await screen.findByText("Ola");
  wishes = [];
  press("Jeg følger opp");
  await waitFor(() => expect(screen.queryByText("Ola")).toBeNull());
  expect(said).toEqual(["POST /api/alarms/a-1/aftermath/ola/followed-up {}"]);
});

test("the front page asks whoever was there until they are done, and says then who hears of it", async () => {
  let mine: string | null = null;
  answer = (method, path) => {
    if (method === "PUT") mine = "talk";
    if (path === "/api/aftermath") return [200, { questions: mine ? [] : [{ alarm_id: "a-1", at: "2026-11-29T10:00:00Z" }], wishes: [] }];
    return method === "PUT" ? [204, null] : [200, { asked: true, mine, ...heard, answers: [], waiting: [] }];
  };
  show(<AfterAlarms />);
  expect((await screen.findByRole("region", { name: "Er du i orden?" })).textContent).toContain("Alarmen 11:00 er over");
  expect(screen.queryByRole("button", { name: "Ferdig" })).toBeNull();
  press("Jeg vil snakke med noen");
  expect((await screen.findByRole("status")).textContent).toContain("Liv Aas og Per Moe får vite");
  press("Ferdig");
  expect(screen.queryByRole("region")).toBeNull();
});

test("when an own alarm ends the front page reads at once, also where the alarm itself is kept off the screen", async () => {
  let questions: unknown[] = [];
  answer = (_, path) => [200, path === "/api/aftermath" ? { questions, wishes: [] } : { asked: true, mine: null, ...heard, answers: [], waiting: [] }];
  const raised = anAlarm({ silent: true }, { is_presser: true, near: true });
  services.book.set({ ...services.book.get(), alarms: { [raised.id]: raised } });
  show(<AfterAlarms />);
  await waitFor(() => expect(screen.queryByRole("region")).toBeNull());
  questions = [{ alarm_id: raised.id, at: raised.opened_at }];
  act(() => services.book.set({ ...services.book.get(), alarms: { [raised.id]: { ...raised, state: "RESOLVED" } } }));
  await screen.findByRole("heading", { name: "Er du i orden?" });
});

test("on a screen that visitors may see nobody's wish to talk stands, only the question to whoever sits there", async () => {
  services.session.set({ state: "signed_in", session: { ...liv, surface: "desk", zone_public: true } } as never);
  answer = (_, path) => [200, path === "/api/aftermath" ? { questions: [{ alarm_id: "a-1", at: wish.at }], wishes: [wish] } : { asked: true, mine: null, ...heard, answers: [], waiting: [] }];
  show(<AfterAlarms />);
  await screen.findByRole("heading", { name: "Er du i orden?" });
  expect(screen.queryByText("Ola")).toBeNull();
});

test("a front page that could not be read at once is read again within half a minute, though it is read seldom else", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    let status = 503;
    answer = (_, path) => (path === "/api/aftermath"
      ? [status, { questions: [{ alarm_id: "a-1", at: wish.at }], wishes: [] }]
      : [200, { asked: true, mine: null, ...heard, answers: [], waiting: [] }]);
    show(<AfterAlarms />);
    await act(() => vi.advanceTimersByTimeAsync(1_000));
    expect(screen.queryByRole("heading")).toBeNull();
    status = 200;
    await act(() => vi.advanceTimersByTimeAsync(30_000));
    expect(screen.getByRole("heading", { name: "Er du i orden?" })).toBeTruthy();
  } finally {
    vi.useRealTimers();
  }
});
