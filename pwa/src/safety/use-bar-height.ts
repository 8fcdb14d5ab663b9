// Tells the page how much of it the bar at the bottom covers, so that nothing that is focused or jumped to ends up behind it.
import { useEffect, type RefObject } from "react";

/** A bar that takes more of the window than this (large text, a low window) is no longer kept in sight: it would hide the card. */
export const most_of_window = 0.4;

export function useBarHeight(bar: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = bar.current;
    if (!element || typeof ResizeObserver === "undefined") return;
    const root = document.documentElement;
    const measure = () => {
      const tall = element.offsetHeight > window.innerHeight * most_of_window;
      element.classList.toggle("in-flow", tall);
      root.style.scrollPaddingBottom = tall ? "" : `${element.offsetHeight + 8}px`;
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
