// Reads what a screen shows from its own path: at once, every now and then, and whenever something says that it may have changed.
import { useCallback, useEffect, useRef, useState } from "react";
import { get } from "./api";

/** After what could not be read: whoever asks seldom is not to wait so long for it. */
const retry_ms = 30_000;

export interface Reading<T> {
  /** `null` until something has been read of this path; then what was asked for last of what has come. */
  value: T | null;
  /** What an action's answer has given. What was asked for before it no longer counts, and is asked again: either may have seen more than the other. */
  setValue: (value: T) => void;
  /** The server does not know it, or does not show it to this person. */
  gone: boolean;
  failed: boolean;
  /** Why the server gave nothing, in its word; empty where it gave none. */
  reason: string;
  fetchNow: () => Promise<void>;
}

interface Known<T> { of: string | null; value: T | null; gone: boolean; failed: boolean; reason: string }

/** `each_ms`: how long until it is read again; it may hang on what was read. The same function each time: another one is another pace. */
export function useReading<T>(path: string | null, read: (raw: unknown) => T | null, each_ms: number | ((value: T) => number), when: unknown = null): Reading<T> {
  const nothing: Known<T> = { of: path, value: null, gone: false, failed: false, reason: "" };
  const [known, setKnown] = useState(nothing);
  const { value, gone, failed, reason } = known.of === path ? known : nothing;
  const reader = useRef(read);
  reader.current = read;
  // answers may come in another order than their questions were asked, and of a path that is no longer shown
  const asked = useRef(0);
  const counts = useRef(0);
  const supersede = useCallback(() => void (counts.current = ++asked.current), []);
  /** Gives what was found; `null` where that was nothing, and no word of it where it no longer counts. */
  const readOnce = useCallback(async (): Promise<T | null | undefined> => {
    if (path === null) return undefined;
    const mine = ++asked.current;
    const answer = await get<unknown>(path);
    if (mine < counts.current) return undefined;
    counts.current = mine;
    const found = answer.ok ? reader.current(answer.body) : null;
    const gone = answer.status === 404 || answer.status === 403;
    setKnown((before) => ({ of: path, value: found ?? (before.of === path ? before.value : null), gone, failed: found === null, reason: answer.reason ?? "" }));
    return found;
  }, [path]);
  useEffect(() => supersede, [path, supersede]);
  const take = useCallback((given: T) => {
    const underWay = asked.current > counts.current;
    supersede();
    setKnown({ of: path, value: given, gone: false, failed: false, reason: "" });
    if (underWay) void readOnce().catch(() => null);
  }, [path, readOnce, supersede]);
  const fetchNow = useCallback(async () => void (await readOnce()), [readOnce]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const readOn = async () => {
      const found = await readOnce().catch(() => null); // also what its reader stumbles over is read again
      const usual_ms = typeof each_ms === "number" ? each_ms : found ? each_ms(found) : retry_ms;
      if (!over) timer = setTimeout(() => void readOn(), found === null ? Math.min(usual_ms, retry_ms) : usual_ms);
    };
    void readOn();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [readOnce, each_ms, when]);
  return { value, setValue: take, gone, failed, reason, fetchNow };
}
