// Whether a phone seems to be on its way home from a visit: back at the office, or driving after it has been somewhere. Decided here, on the phone, from
// what it has seen itself; the server is told no more than that it asks.

export interface Fix {
  lat: number;
  lon: number;
  /** Metres a second, where the phone knows it. */
  speed_mps: number | null;
  at_ms: number;
}

export interface Place {
  lat: number;
  lon: number;
}

/** `stood`: where it stands still, and since when; `visited`: it has stood still long enough, away from the office, to have been on a visit. */
export interface Way {
  stood: Fix | null;
  visited: boolean;
  left: boolean;
  fast: number;
  back: "office" | "driving" | null;
}

export const setOut: Way = { stood: null, visited: false, left: false, fast: 0, back: null };

const at_office_m = 150;
const away_m = 400;
const still_m = 120;
const visit_ms = 4 * 60_000;
/** About 25 km/h: nobody walks that. */
const driving_mps = 7;
/** One fix may be wrong. */
const fast_twice = 2;

export function onWay(way: Way, fix: Fix, office: Place | null): Way {
  const from_office_m = office ? metres(fix, office) : null;
  const left = way.left || from_office_m === null || from_office_m > away_m;
  const stands = way.stood !== null && metres(way.stood, fix) <= still_m;
  const stood = stands ? way.stood : fix;
  const long = stands && fix.at_ms - way.stood!.at_ms >= visit_ms;
  const visited = way.visited || (long && left && (from_office_m === null || from_office_m > away_m));
  const fast = fix.speed_mps !== null && fix.speed_mps >= driving_mps ? way.fast + 1 : 0;
  const atOffice = left && from_office_m !== null && from_office_m <= at_office_m;
  const back = atOffice ? "office" : visited && fast >= fast_twice ? "driving" : null;
  return { stood, visited, left, fast, back };
}

/** On a sphere; good to a metre over what is asked here. */
export function metres(one: Place, other: Place): number {
  const rad = Math.PI / 180;
  const x = (other.lon - one.lon) * rad * Math.cos(((one.lat + other.lat) / 2) * rad);
  const y = (other.lat - one.lat) * rad;
  return Math.hypot(x, y) * 6_371_000;
}
