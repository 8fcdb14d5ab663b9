// Promises about what a tab in the background says.
import { expect, test } from "vitest";
import { aDrill, anAlarm } from "./examples";
import { tabFace } from "./tab-face";

const phone = { surface: "phone", visitors: true, zone_id: null } as const;
const counter = { surface: "desk", visitors: true, zone_id: "mottak" } as const;

test("the tab says the most urgent alarm, and that a drill is a drill", () => {
  expect(tabFace([anAlarm(), anAlarm({ id: "b" })], phone, "connected")).toMatchObject({ name: "alarm", count: 2 });
  expect(tabFace([anAlarm({ drill: aDrill })], phone, "connected").name).toBe("drill");
});

test("what is not known is not said to be calm, nor is an old alarm shown as if it were now", () => {
  expect(tabFace([], counter, "unknown").name).toBe("unknown");
  expect(tabFace([anAlarm()], counter, "unknown").name).toBe("unknown");
});

test("a silent alarm leaves the tab of a desk among visitors as it was", () => {
  expect(tabFace([anAlarm({ silent: true })], counter, "connected").name).toBe("calm");
});
