// Promises about when the SOS button sends and when it does not.
import fc from "fast-check";
import { expect, test } from "vitest";
import { countdown_ms, hold_ms, idle, sosStep, type SosEvent, type SosState } from "./sos-machine";

const run = (events: SosEvent[]) => events.reduce<SosState>(sosStep, idle);

test("holding for the whole time sends, without waiting for the thumb to lift", () => {
  expect(run([{ name: "down", at_ms: 0 }, { name: "time", at_ms: hold_ms }]).name).toBe("sent");
});

test("a tap counts down three seconds and then sends", () => {
  const tapped: SosEvent[] = [{ name: "tap", at_ms: 0 }];
  expect(run([...tapped, { name: "time", at_ms: countdown_ms - 1 }]).name).toBe("counting");
  expect(run([...tapped, { name: "time", at_ms: countdown_ms }]).name).toBe("sent");
});

test("a hold let go too early becomes the countdown, so that a weak thumb is not ignored", () => {
  expect(run([{ name: "down", at_ms: 0 }, { name: "up", at_ms: 300 }]).name).toBe("counting");
});

test("abort stops the countdown, and nothing else sends afterwards", () => {
  expect(run([{ name: "tap", at_ms: 0 }, { name: "abort", at_ms: 2999 }, { name: "time", at_ms: 9000 }]).name).toBe("idle");
});

test("no sequence of events sends before a full hold or a full countdown has passed", () => {
  const names = fc.constantFrom<SosEvent["name"]>("down", "up", "tap", "abort", "time");
  fc.assert(
    fc.property(fc.array(fc.tuple(names, fc.nat(1000)), { maxLength: 40 }), (steps) => {
      let state: SosState = idle;
      let began_ms: number | null = null;
      let at_ms = 0;
      for (const [name, later_ms] of steps) {
        at_ms += later_ms;
        const next = sosStep(state, { name, at_ms });
        if (next.name === "idle") began_ms = null;
        if (state.name === "idle" && next.name !== "idle") began_ms = at_ms;
        if (state.name !== "sent" && next.name === "sent") expect(at_ms - began_ms!).toBeGreaterThanOrEqual(hold_ms - 30);
        state = next;
      }
    }),
  );
});
