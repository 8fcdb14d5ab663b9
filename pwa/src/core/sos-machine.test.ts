// Promises about when the SOS button sends and when it does not.
import fc from "fast-check";
import { expect, test } from "vitest";
import { countdown_ms, hold_ms, idle, sosStep, type SosEvent, type SosState } from "./sos-machine";

const thumb = 1;
const run = (events: SosEvent[]) => events.reduce<SosState>(sosStep, idle);
const down = (at_ms: number, pointer = thumb): SosEvent => ({ name: "down", at_ms, pointer });
const up = (at_ms: number, pointer = thumb): SosEvent => ({ name: "up", at_ms, pointer });

test("holding for the whole time sends, without waiting for the thumb to lift", () => {
  expect(run([down(0), { name: "time", at_ms: hold_ms - 1 }]).name).toBe("holding");
  expect(run([down(0), { name: "time", at_ms: hold_ms }]).name).toBe("sent");
});

test("a tap counts down three seconds and then sends", () => {
  const tapped: SosEvent[] = [{ name: "tap", at_ms: 0 }];
  expect(run([...tapped, { name: "time", at_ms: countdown_ms - 1 }]).name).toBe("counting");
  expect(run([...tapped, { name: "time", at_ms: countdown_ms }]).name).toBe("sent");
});

test("a hold let go too early becomes the countdown, so that a weak thumb is not ignored", () => {
  expect(run([down(0), up(300)]).name).toBe("counting");
});

test("another finger neither ends the hold nor shortens it", () => {
  expect(run([down(0), down(1000, 2), up(1100, 2), { name: "time", at_ms: 1150 }]).name).toBe("holding");
  expect(run([down(0), down(1000, 2), up(1100, 2), { name: "time", at_ms: hold_ms }]).name).toBe("sent");
});

test("abort stops the countdown, and nothing else sends afterwards", () => {
  expect(run([{ name: "tap", at_ms: 0 }, { name: "abort", at_ms: 2999 }, { name: "time", at_ms: 9000 }]).name).toBe("idle");
});

test("a phone that was locked during the hold or the countdown counts three seconds in sight, and then sends", () => {
  const begun: SosEvent[][] = [[down(0)], [{ name: "tap", at_ms: 0 }]];
  for (const events of begun) {
    const back = run([...events, { name: "back", at_ms: 600_000 }]);
    expect(back).toEqual({ name: "counting", since_ms: 600_000 });
    expect(sosStep(back, { name: "time", at_ms: 600_000 + countdown_ms }).name).toBe("sent");
    expect(sosStep(back, { name: "abort", at_ms: 600_001 })).toEqual(idle);
  }
});

const steps = () => {
  const pointers = fc.record({ name: fc.constantFrom("down" as const, "up" as const), pointer: fc.integer({ min: 1, max: 3 }) });
  const others = fc.record({ name: fc.constantFrom("tap" as const, "abort" as const, "time" as const, "back" as const) });
  return fc.array(fc.tuple(fc.oneof(pointers, others), fc.nat(1500)), { maxLength: 40 });
};

test("no sequence of fingers, keys and locked phones sends before a full hold by one finger or a full countdown has passed", () => {
  fc.assert(
    fc.property(steps(), (list) => {
      let state: SosState = idle;
      let at_ms = 0;
      for (const [event, later_ms] of list) {
        at_ms += later_ms;
        const before: SosState = state;
        state = sosStep(state, { ...event, at_ms } as SosEvent);
        if (before.name === "sent" || state.name !== "sent") continue;
        if (before.name === "holding") expect(at_ms - before.since_ms).toBeGreaterThanOrEqual(hold_ms);
        else if (before.name === "counting") expect(at_ms - before.since_ms).toBeGreaterThanOrEqual(countdown_ms);
        else throw new Error("sent from nothing");
      }
    }),
  );
});

test("a finger that stays down for the whole hold always sends, whatever the other fingers do and however rarely the clock ticks", () => {
  const other = fc.record({ name: fc.constantFrom("down" as const, "up" as const), pointer: fc.integer({ min: 2, max: 3 }), at_ms: fc.nat(5000) });
  fc.assert(
    fc.property(fc.array(other, { maxLength: 20 }), fc.integer({ min: hold_ms, max: 6000 }), (others, held_ms) => {
      const during = others.filter((one) => one.at_ms < held_ms).sort((one, two) => one.at_ms - two.at_ms) as SosEvent[];
      expect(run([down(0), ...during, up(held_ms)]).name).toBe("sent");
    }),
  );
});

test("whatever has been begun and is not stopped is sent", () => {
  fc.assert(
    fc.property(steps(), (list) => {
      let at_ms = 0;
      let state: SosState = idle;
      for (const [event, later_ms] of list) state = sosStep(state, { ...event, at_ms: (at_ms += later_ms) } as SosEvent);
      if (state.name !== "idle") expect(sosStep(state, { name: "time", at_ms: at_ms + countdown_ms }).name).toBe("sent");
    }),
  );
});
