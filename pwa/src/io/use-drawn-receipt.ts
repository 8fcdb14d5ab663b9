// Tells the server what has been drawn: after the browser has painted it, or at once when nobody looks.
import { useEffect } from "react";
import { useServices, useValue } from "./hooks";

/** A page that is hidden in between gets no frame from the browser; the receipt must come all the same. */
const paint_patience_ms = 500;

export function afterPaint(action: () => void): () => void {
  let done = false;
  const once = () => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    action();
  };
  const timer = setTimeout(once, document.visibilityState === "visible" ? paint_patience_ms : 0);
  if (document.visibilityState === "visible") requestAnimationFrame(() => requestAnimationFrame(once));
  return () => {
    done = true;
    clearTimeout(timer);
  };
}

/** Belongs beside the alarms it vouches for: if they could not be drawn, this did not run either. */
export function useDrawnReceipt(): void {
  const { book, line, live } = useServices();
  const { seq } = useValue(book);
  const { open } = useValue(line);
  useEffect(() => (open ? afterPaint(() => live.got(seq)) : undefined), [seq, open, live]);
}

export function useSeenReceipt(alarm_id: string): void {
  const { line, live } = useServices();
  const { open } = useValue(line);
  useEffect(() => {
    if (!open) return;
    const say = () => document.visibilityState === "visible" && live.seen(alarm_id);
    say();
    document.addEventListener("visibilitychange", say);
    return () => document.removeEventListener("visibilitychange", say);
  }, [alarm_id, open, live]);
}
