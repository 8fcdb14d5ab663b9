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
  fetchNow: () => Promise<void>;
}

interface Known<T> { of: string | null; value: T | null; gone: boolean; failed: boolean }

export function useReading<T>(path: string | null, read: (raw: unknown) => T | null, each_ms: number, when: unknown = null): Reading<T> {
  const nothing: Known<T> = { of: path, value: null, gone: false, failed: false };
  const [known, setKnown] = useState(nothing);
  const { value, gone, failed } = known.of === path ? known : nothing;
  const reader = useRef(read);
  reader.current = read;
  // answers may come in another order than their questions were asked, and of a path that is no longer shown
  const asked = useRef(0);
  const counts = useRef(0);
  const supersede = useCallback(() => void (counts.current = ++asked.current), []);
  const readOnce = useCallback(async () => {
    if (path === null) return true;
    const mine = ++asked.current;
    const answer = await get<unknown>(path);
    if (mine < counts.current) return true;
    counts.current = mine;
    const found = answer.ok ? reader.current(answer.body) : null;
    const gone = answer.status === 404 || answer.status === 403;
    setKnown((before) => ({ of: path, value: found ?? (before.of === path ? before.value : null), gone, failed: found === null }));
    return found !== null;
  }, [path]);
  useEffect(() => supersede, [path, supersede]);
  const take = useCallback((given: T) => {
    const underWay = asked.current > counts.current;
    supersede();
    setKnown({ of: path, value: given, gone: false, failed: false });
    if (underWay) void readOnce().catch(() => false);
  }, [path, readOnce, supersede]);
  const fetchNow = useCallback(async () => void (await readOnce()), [readOnce]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const readOn = async () => {
      const well = await readOnce().catch(() => false); // also what its reader stumbles over is read again
      if (!over) timer = setTimeout(() => void readOn(), well ? each_ms : Math.min(each_ms, retry_ms));
    };
    void readOn();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [readOnce, each_ms, when]);
  return { value, setValue: take, gone, failed, fetchNow };
}
