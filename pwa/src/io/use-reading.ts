// Reads what a screen shows from its own path: at once, every now and then, and whenever something says that it may have changed.
import { useCallback, useEffect, useRef, useState } from "react";
import { get } from "./api";

/** After what could not be read: whoever asks seldom is not to wait so long for it. */
const retry_ms = 30_000;

export interface Reading<T> {
  /** `null` until something has been read; then the last that was. */
  value: T | null;
  setValue: (value: T) => void;
  /** The server does not know it, or does not show it to this person. */
  gone: boolean;
  failed: boolean;
  fetchNow: () => Promise<void>;
}

export function useReading<T>(path: string | null, read: (raw: unknown) => T | null, each_ms: number, when: unknown = null): Reading<T> {
  const [value, setValue] = useState<T | null>(null);
  const [gone, setGone] = useState(false);
  const [failed, setFailed] = useState(false);
  const reader = useRef(read);
  reader.current = read;
  const readOnce = useCallback(async () => {
    if (path === null) return true;
    const answer = await get<unknown>(path);
    const found = answer.ok ? reader.current(answer.body) : null;
    if (found !== null) setValue(found);
    setGone(answer.status === 404 || answer.status === 403);
    setFailed(found === null);
    return found !== null;
  }, [path]);
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
  return { value, setValue, gone, failed, fetchNow };
}
