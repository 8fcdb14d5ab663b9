// Promises about getting started: nothing is finished that has not been proven, and on an iPhone nothing comes before the Home Screen.
import { expect, test } from "vitest";
import type { KnownPhone, PhoneFacts } from "./phone";
import { codeIn, endsHere, firstStep, neighbour, proofOf, spaced, stepsFor, type StartFacts, type StartStep } from "./start-rules";

const android: StartFacts = { platform: "android", installed: false, signed_in: false, desk: false };
const iPhone: StartFacts = { ...android, platform: "ios" };

/** Every step that one comes to by saying *continue*; `then`: what becomes true when one has signed in. */
function walk(facts: StartFacts, from: StartStep = firstStep(facts, true)): StartStep[] {
  const signed = { ...facts, signed_in: facts.signed_in || from === "sign_in" };
  const next = neighbour(from, signed, 1);
  return next ? [from, ...walk(signed, next)] : [from];
}

test("from the link to a phone that rings, step by step", () => {
  expect(walk(android)).toEqual(["language", "install", "sign_in", "push", "pin", "ready"]);
  expect(walk({ ...android, platform: "desktop", desk: true })).toEqual(["language", "install", "sign_in", "push", "pin", "ready"].filter((one) => one !== "push" && one !== "pin"));
});

test("in an iPhone's browser the way ends at the Home Screen, and the app there goes on from the sign-in", () => {
  expect(walk(iPhone)).toEqual(["language", "install"]);
  expect(endsHere("install", iPhone)).toBe(true);
  expect(walk({ ...iPhone, signed_in: true })).toEqual(["install"]);
  expect(walk({ ...iPhone, installed: true })).toEqual(["language", "sign_in", "push", "pin", "ready"]);
  expect(stepsFor(iPhone).length).toBe(6);
});

test("whoever is signed in already goes on where that left off, unless a link has brought another code", () => {
  const signed = { ...android, signed_in: true };
  expect(firstStep(signed, false)).toBe("push");
  expect(firstStep({ ...signed, desk: true }, false)).toBe("ready");
  expect(firstStep(signed, true)).toBe("sign_in");
  expect(neighbour("push", signed, -1)).toBe("install");
  expect(neighbour("push", { ...signed, installed: true }, -1)).toBe("language");
});

const fine: KnownPhone = { id: "p", label: "", health: "fine", trouble: "", sent_at: "2026-11-21T10:00:00Z", shown_at: "2026-11-21T10:00:00Z" };
const well: PhoneFacts = {
  platform: "android", installed: true, able: true, permission: "granted", subscribed: true, failed: false, server: { pushes: true, sms: true, known: fine }, sound: false,
};

test("proven is only what this phone has answered, and not while the next message is on its way", () => {
  expect([proofOf(well, "none"), proofOf(well, "shown")]).toEqual(["proven", "proven"]);
  for (const test of ["sending", "waiting", "not_shown", "not_taken"]) expect(proofOf(well, test)).toBe("not_proven");
  const never = { ...well, server: { pushes: true, sms: true, known: { ...fine, health: "unsure" as const, shown_at: null } } };
  for (const facts of [null, never, { ...well, permission: "denied" as const }, { ...well, server: null }, { ...well, subscribed: false }]) expect(proofOf(facts, "shown")).toBe("not_proven");
  expect(proofOf({ ...well, server: { pushes: false, sms: true, known: null } }, "none")).toBe("cannot");
});

test.each([
  ["ABCD2345", "ABCD2345"], [" abcd 2345 ", "ABCD2345"], ["abcd-2345", "ABCD2345"], ["https://varde.example/kom-i-gang#ABCD2345", "ABCD2345"], ["", ""], ["#", ""],
])("%j holds the code %j", (text, code) => {
  expect(codeIn(text)).toBe(code);
  expect(codeIn(spaced(code))).toBe(code);
});
