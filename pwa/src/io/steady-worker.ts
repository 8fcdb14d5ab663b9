// Counts time for the page beside it: browsers slow the timers of a page that nobody looks at, but not those of a worker.
export interface Alarm {
  id: number;
  /** Null: no longer wanted. */
  wait_ms: number | null;
}

declare const self: DedicatedWorkerGlobalScope;
const waiting = new Map<number, ReturnType<typeof setTimeout>>();

self.onmessage = ({ data: { id, wait_ms } }: MessageEvent<Alarm>) => {
  clearTimeout(waiting.get(id));
  waiting.delete(id);
  if (wait_ms === null) return;
  waiting.set(id, setTimeout(() => {
    waiting.delete(id);
    self.postMessage(id);
  }, wait_ms));
};
