// Keeps the answer in sight and the card readable: tells the page how much of it the bar at the bottom covers, and keeps no more of it there than may be.
import { useEffect, type RefObject } from "react";

/** More of the window than this (large text, a low window) the bar may not cover: it would hide the card. */
export const most_of_window = 0.4;
const edge_px = 12;

/** How much of the bar is kept in sight: all of it, or only its main answer, or nothing. */
export function keptInSight(bar_px: number, main_px: number | null, window_px: number): number {
  const most_px = window_px * most_of_window;
  if (bar_px <= most_px) return bar_px;
  return main_px !== null && main_px + edge_px <= most_px ? main_px + edge_px : 0;
}

export function useBarHeight(bar: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = bar.current;
    if (!element || typeof ResizeObserver === "undefined") return;
    const root = document.documentElement;
    const measure = () => {
      const { top, height } = element.getBoundingClientRect();
      const main = element.querySelector(".answer-main")?.getBoundingClientRect();
      const kept_px = keptInSight(height, main ? main.bottom - top : null, window.innerHeight);
      element.classList.toggle("in-flow", kept_px === 0);
      // What is not kept lies below the window's edge, and comes up at the end of the page.
      element.style.bottom = `${Math.min(0, kept_px - height)}px`;
      root.style.scrollPaddingBottom = kept_px === 0 ? "" : `${kept_px + 8}px`;
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    window.addEventListener("resize", measure);
    measure();
    return () => {
      observer.disconnect();
      window.removeEventListener("resize", measure);
      root.style.scrollPaddingBottom = "";
    };
  });
}
