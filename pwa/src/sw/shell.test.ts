// Promises about what the worker keeps of the app: its own shell, the one before, and never anything of the API.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { dropOldShells, fromShell, keepShell } from "./shell";

const origin = "https://varde.example";
let kept: Map<string, Map<string, string>>;

beforeEach(() => {
  kept = new Map();
  const cache = (name: string) => ({
    addAll: async (requests: Request[]) => void kept.set(name, new Map(requests.map((one) => [new URL(one.url).pathname, name]))),
    match: async (path: string) => answer(kept.get(name)?.get(path)),
  });
  const answer = (text: string | undefined) => (text === undefined ? undefined : new Response(text));
  vi.stubGlobal("caches", {
    open: async (name: string) => cache(name),
    keys: async () => [...kept.keys()],
    delete: async (name: string) => kept.delete(name),
    match: async (request: Request) => answer([...kept.values()].find((one) => one.has(new URL(request.url).pathname))?.get(new URL(request.url).pathname)),
  });
  // The worker's own requests have no page to be relative to.
  vi.stubGlobal("Request", class extends Request { constructor(url: string, more?: RequestInit) { super(new URL(url, origin), more); } });
  vi.stubGlobal("fetch", async () => new Response("from the server"));
});
afterEach(() => void vi.unstubAllGlobals());

async function app(version: string): Promise<void> {
  vi.stubGlobal("__SHELL__", ["/index.html", `/assets/app-${version}.js`].map((url) => ({ url, revision: version })));
  await keepShell();
}

const asked = async (path: string, more: RequestInit = {}) => (await fromShell(new Request(origin + path, more), origin))?.text() ?? null;

test("a page of the app of before gets the parts that it has yet to fetch, and the one before that is gone", async () => {
  for (const version of ["1", "2", "3"]) await app(version);
  const [first, second, third] = [...kept.keys()];
  await dropOldShells();
  expect([...kept.keys()], `without ${first}`).toEqual([second, third]);
  expect(await asked("/assets/app-3.js")).toBe(third);
  expect(await asked("/assets/app-2.js")).toBe(second);
  expect(await asked("/assets/app-1.js")).toBe("from the server");
});

test("nothing of the API and nothing that is sent is ever answered from what is kept", async () => {
  await app("1");
  expect(await asked("/api/alarms")).toBeNull();
  expect(await asked("/index.html", { method: "POST" })).toBeNull();
  expect(await fromShell(new Request("https://elsewhere.example/index.html"), origin)).toBeNull();
});
