// The office's wall clock: from what somebody has typed to a moment, summer time included, whatever zone the device is set to.

/** Minutes that Oslo's clock is ahead of UTC at that moment. */
export function osloOffset_min(at_ms: number): number {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Oslo", hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }).formatToParts(at_ms);
  const of = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const local_ms = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"));
  return Math.round((local_ms - Math.floor(at_ms / 60_000) * 60_000) / 60_000);
}

/** `2026-11-28` and `14:05` as a moment; null where either is no date or time. An hour that summer time leaves out is the one after it. */
export function osloMoment_ms(date: string, time: string): number | null {
  const day = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date);
  const hour = /^(\d\d):(\d\d)$/.exec(time);
  if (!day || !hour) return null;
  const [year, month, dayOfMonth, hours, minutes] = [...day.slice(1), ...hour.slice(1)].map(Number) as [number, number, number, number, number];
  const local_ms = Date.UTC(year, month - 1, dayOfMonth, hours, minutes);
  const back = new Date(local_ms);
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== dayOfMonth || hours > 23 || minutes > 59) return null;
  const guess_ms = local_ms - osloOffset_min(local_ms) * 60_000;
  return local_ms - osloOffset_min(guess_ms) * 60_000;
}

/** The date in Oslo, as an input of type date wants it. */
export function osloDate(at_ms: number): string {
  return new Date(at_ms + osloOffset_min(at_ms) * 60_000).toISOString().slice(0, 10);
}

/** The time in Oslo, as an input of type time wants it. */
export function osloTime(at_ms: number): string {
  return new Date(at_ms + osloOffset_min(at_ms) * 60_000).toISOString().slice(11, 16);
}
