// How old something is, what time it was, and several names, in words for the screen.
import type { Language } from "./session-contract";

const locales: Record<Language, string> = { nb: "nb-NO", nn: "nn-NO", en: "en-GB" };

export function parse_ms(at: string | null | undefined): number | null {
  if (!at) return null;
  const value = Date.parse(at);
  return Number.isNaN(value) ? null : value;
}

/** 0:07, 4:12, 1:02:05. Never negative: a phone with a slow clock must not show an alarm from the future. */
export function ageText(since: string | null, now_ms: number): string {
  const start_ms = parse_ms(since);
  if (start_ms === null) return "–";
  const total_s = Math.max(0, Math.floor((now_ms - start_ms) / 1000));
  const hours = Math.floor(total_s / 3600);
  const minutes = Math.floor((total_s % 3600) / 60);
  const seconds = String(total_s % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}

export function clockText(at: string | null, language: Language, seconds = false): string {
  const time_ms = parse_ms(at);
  if (time_ms === null) return "–";
  return new Intl.DateTimeFormat(locales[language], {
    timeZone: "Europe/Oslo", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    ...(seconds ? { second: "2-digit" as const } : {}),
  }).format(time_ms);
}

export function dateText(at: string | null, language: Language): string {
  const time_ms = parse_ms(at);
  if (time_ms === null) return "–";
  return new Intl.DateTimeFormat(locales[language], { timeZone: "Europe/Oslo", dateStyle: "long" }).format(time_ms);
}

/** `2026-11` as `november 2026`. */
export function monthText(month: string, language: Language): string {
  const time_ms = parse_ms(`${month}-15T12:00:00Z`);
  if (time_ms === null) return month;
  return new Intl.DateTimeFormat(locales[language], { timeZone: "Europe/Oslo", month: "long", year: "numeric" }).format(time_ms);
}

/** `HH:MM` some minutes from now, as people at the office read their clocks. */
export function clockIn(minutes: number, now_ms: number): string {
  return clockText(new Date(now_ms + minutes * 60_000).toISOString(), "nb");
}

/** Kari, Ola og Liv. */
export function listText(names: readonly string[], language: Language): string {
  return new Intl.ListFormat(locales[language], { type: "conjunction" }).format(names);
}
