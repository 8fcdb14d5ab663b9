// @vitest-environment happy-dom
// Answers come in any order: what is shown is what was asked for last.
import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { get } from "./api";
import { useReading } from "./use-reading";

vi.mock("./api", () => ({ get: vi.fn() }));

type Answer = { ok: boolean; status: number; body: unknown };

/** The server's answers, each given when the test says so: by path, in the order in which they were asked for. */
let open: { path: string; give: (answer: Answer) => void }[];

beforeEach(() => {
  open = [];
  vi.mocked(get).mockImplementation(((path: string) => new Promise((give) => open.push({ path, give }))) as never);
});

afterEach(() => {
  cleanup();
  vi.clearAllMocks();
});

const said = (body: unknown): Answer => ({ ok: true, status: 200, body });
const shown = (path: string) => renderHook((at: string) => useReading(at, (raw) => raw as string, 60_000), { initialProps: path });

test("an older answer that comes later does not replace a newer one", async () => {
  const { result } = shown("/a");
  await act(async () => void result.current.fetchNow());
  expect(open.map((one) => one.path)).toEqual(["/a", "/a"]);
  await act(async () => open[1]!.give(said("newer")));
  await act(async () => open[0]!.give(said("older")));
  expect(result.current.value).toBe("newer");
});

test("an answer of a path that is no longer shown is not taken for the present one's", async () => {
  const { result, rerender } = shown("/a");
  rerender("/b");
  await act(async () => open[0]!.give(said("of a")));
  expect(result.current.value).toBeNull();
  await act(async () => open[1]!.give(said("of b")));
  expect(result.current.value).toBe("of b");
  rerender("/c");
  expect(result.current.value).toBeNull();
  await act(async () => open[2]!.give({ ok: false, status: 404, body: null }));
  rerender("/b");
  expect([result.current.value, result.current.gone, result.current.failed]).toEqual([null, false, false]);
});

test("what was asked for before an action was answered does not undo it, and is asked again: it may have been about what came after", async () => {
  const { result } = shown("/a");
  await act(async () => result.current.setValue("acted"));
  await act(async () => open[0]!.give(said("before")));
  expect(result.current.value).toBe("acted");
  expect(open.length).toBe(2);
  await act(async () => open[1]!.give(said("after")));
  expect(result.current.value).toBe("after");
});

test("an action's answer is not asked for again where nothing was under way", async () => {
  const { result } = shown("/a");
  await act(async () => open[0]!.give(said("before")));
  await act(async () => result.current.setValue("acted"));
  expect([result.current.value, open.length]).toEqual(["acted", 1]);
});

test("a failed older question says nothing of a newer one", async () => {
  const { result } = shown("/a");
  await act(async () => void result.current.fetchNow());
  await act(async () => open[1]!.give(said("newer")));
  await act(async () => open[0]!.give({ ok: false, status: 404, body: null }));
  expect([result.current.gone, result.current.failed]).toEqual([false, false]);
});

test("how soon it is read again may hang on what was read, and what could not be read is tried again sooner", async () => {
  vi.useFakeTimers();
  const pace_ms = (one: { sealed: boolean }) => (one.sealed ? 600_000 : 5_000);
  try {
    renderHook(() => useReading("/a", (raw) => raw as { sealed: boolean }, pace_ms));
    await act(async () => open[0]!.give(said({ sealed: false })));
    await act(async () => void vi.advanceTimersByTime(5_000));
    expect(open.length).toBe(2);
    await act(async () => open[1]!.give({ ok: false, status: 0, body: null }));
    await act(async () => void vi.advanceTimersByTime(30_000));
    expect(open.length).toBe(3);
    await act(async () => open[2]!.give(said({ sealed: true })));
    await act(async () => void vi.advanceTimersByTime(599_000));
    expect(open.length).toBe(3);
  } finally {
    vi.useRealTimers();
  }
});
