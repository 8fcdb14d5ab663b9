// Promises about asking whether somebody is back: never on the way out, never from one wrong fix, and not while they are still inside.
import { expect, test } from "vitest";
import { metres, onWay, setOut, type Fix, type Way } from "./visit-back";

const office = { lat: 59.13, lon: 10.22 };
const home = { lat: 59.16, lon: 10.25 };
const half = { lat: 59.145, lon: 10.235 };
const fix = (place: { lat: number; lon: number }, minutes: number, speed_mps: number | null = 0): Fix => ({ ...place, speed_mps, at_ms: minutes * 60_000 });

function go(fixes: Fix[], from: typeof office | null = office): Way[] {
  const ways: Way[] = [];
  for (const one of fixes) ways.push(onWay(ways.at(-1) ?? setOut, one, from));
  return ways;
}

const asked = (ways: Way[]) => ways.map((one) => one.back);
const out = [fix(office, 0), fix(half, 3, 15), fix(half, 4, 15), fix(home, 6), fix(home, 8), fix(home, 11), fix(home, 20)];

test("on the way out, by car, and during the visit nothing is asked", () => {
  expect(asked(go(out))).toEqual(out.map(() => null));
});

test("driving after the visit is asked about, but not from one fix alone", () => {
  expect(asked(go([...out, fix(half, 31, 14), fix(half, 32, 14)])).slice(-2)).toEqual([null, "driving"]);
});

test("back at the office is asked about, also where the phone knows no speed", () => {
  expect(go([...out, fix(office, 40, null)]).at(-1)!.back).toBe("office");
});

test("somebody who has not left the office yet is not asked", () => {
  expect(asked(go([fix(office, 0), fix(office, 5), fix(office, 30)]))).toEqual([null, null, null]);
});

test("an office that has not said where it is leaves the car alone to tell", () => {
  const ways = go([...out, fix(office, 35, 0), fix(half, 36, 14), fix(half, 37, 14)], null);
  expect(ways.map((one) => one.back).slice(-3)).toEqual([null, null, "driving"]);
});

test("the way is measured in metres", () => {
  expect(metres(office, home)).toBeGreaterThan(3500);
  expect(metres(office, home)).toBeLessThan(3900);
  expect(metres(office, office)).toBe(0);
});
