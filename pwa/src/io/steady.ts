// Timers that keep their time in a background tab, where browsers let a page's own ones run once a minute. A countdown or a light
// that must turn grey cannot wait for that. Each waits twice, in the page and in a worker, and whichever comes first counts.
import type { Alarm } from "./steady-worker";

let worker: Worker | null | undefined;
let number = 0;
const actions = new Map<number, () => void>();

/** Returns what calls it off. */
export function after(wait_ms: number, action: () => void): () => void {
  const id = ++number;
  const inPage = setTimeout(() => fire(id), wait_ms);
  actions.set(id, () => {
    clearTimeout(inPage);
    action();
  });
  tell({ id, wait_ms });
  return () => {
    clearTimeout(inPage);
    if (actions.delete(id)) tell({ id, wait_ms: null });
  };
}

export function every(wait_ms: number, action: () => void): () => void {
  let off: () => void;
  const again = () => {
    off = after(wait_ms, () => {
      // Before the action, so that the action can call it off.
      again();
      action();
    });
  };
  again();
  return () => off();
}

function fire(id: number): void {
  const action = actions.get(id);
  if (!action) return;
  actions.delete(id);
  tell({ id, wait_ms: null });
  action();
}

function tell(alarm: Alarm): void {
  if (worker === undefined) worker = start();
  worker?.postMessage(alarm);
}

/** Where there is no worker the page's own timers remain: later in a hidden tab, and right again as soon as it is seen. */
function start(): Worker | null {
  if (typeof Worker === "undefined") return null;
  try {
    const made = new Worker(new URL("./steady-worker.ts", import.meta.url), { type: "module" });
    made.onmessage = ({ data }: MessageEvent<number>) => fire(data);
    made.onerror = () => (worker = null);
    return made;
  } catch {
    return null;
  }
}
