// Promises about what the app knows after frames were lost, doubled or overtaken.
import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyBook, furthest, isBehind, withAlarm, withFetched, withFrame, type AlarmBook } from "./alarm-book";
import type { AlarmView, Frame } from "./contract";
import { anAlarm } from "./examples";

const at = "2026-11-21T12:52:00.000Z";
const alarms = (seq: number, ...views: AlarmView[]): Frame => ({ type: "alarms", seq: { office: seq }, alarms: views, server_time: at });
const welcome = (snapshot: boolean, seq: number, views: AlarmView[], epoch = "e1"): Frame => ({
  type: "welcome", protocol: 1, epoch, server_time: at, snapshot, seq: { office: seq }, alarms: views,
});
const started: AlarmBook = { ...emptyBook, epoch: "e1" };

/** What the server did: one change after the other, each to one of three alarms. */
const history = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 30 }).map((ids) => {
  const versions: Record<string, number> = {};
  return ids.map((id, index) => {
    versions[id] = (versions[id] ?? 0) + 1;
    return alarms(index + 1, anAlarm({ id, version: versions[id], presses: index }));
  });
});
const views = (frames: Frame[]) => frames.flatMap((frame) => ("alarms" in frame ? frame.alarms : []));
const newest = (frames: Frame[]) =>
  Object.fromEntries(views(frames).sort((one, other) => one.version - other.version).map((alarm) => [alarm.id, alarm]));

test("whatever the order and however often frames come, the end is the newest of each alarm", () => {
  fc.assert(
    fc.property(
      history.chain((frames) => fc.tuple(fc.constant(frames), fc.shuffledSubarray([...frames, ...frames], { minLength: frames.length * 2 }))),
      ([frames, arrived]) => {
        const book = arrived.reduce(withFrame, started);
        expect(book.alarms).toEqual(newest(frames));
        expect(book.seq).toEqual({ office: frames.length });
      },
    ),
  );
});

test("no frame ever puts an older version over a newer one, and the cursor never goes back", () => {
  fc.assert(
    fc.property(history.chain((frames) => fc.array(fc.constantFrom(...frames), { maxLength: 60 })), (arrived) => {
      arrived.reduce((book, frame) => {
        const next = withFrame(book, frame);
        for (const [id, known] of Object.entries(book.alarms)) {
          expect(next.alarms[id]?.version ?? 0).toBeGreaterThanOrEqual(known.version);
        }
        expect(next.seq["office"] ?? 0).toBeGreaterThanOrEqual(book.seq["office"] ?? 0);
        return next;
      }, started);
    }),
  );
});

test("a line cut anywhere and resumed from the cursor loses nothing", () => {
  fc.assert(
    fc.property(history, fc.nat(), (frames, cut) => {
      const before = frames.slice(0, cut % (frames.length + 1)).reduce(withFrame, started);
      const cursor = before.seq["office"] ?? 0;
      const missed = frames.filter((frame) => "seq" in frame && (frame.seq["office"] ?? 0) > cursor);
      const after = withFrame(before, welcome(false, frames.length, Object.values(newest(missed))));
      expect(after.alarms).toEqual(newest(frames));
      expect(after.seq).toEqual({ office: frames.length });
    }),
  );
});

test("a snapshot forgets alarms that it does not name", () => {
  const book = withAlarm(started, anAlarm({ id: "gone" }));
  expect(Object.keys(withFrame(book, welcome(true, 9, [anAlarm({ id: "here" })])).alarms)).toEqual(["here"]);
});

test("a snapshot of the same epoch does not undo an answer that overtook it", () => {
  const book = withAlarm(started, anAlarm({ version: 5 }, { stage: "coming" }));
  const after = withFrame(book, welcome(true, 9, [anAlarm({ version: 4 })]));
  expect(after.alarms["a-1"]?.version).toBe(5);
});

test("a new epoch replaces everything, also where its versions are lower", () => {
  const book = withAlarm({ ...started, seq: { office: 900 } }, anAlarm({ version: 50 }));
  const after = withFrame(book, welcome(false, 3, [anAlarm({ version: 1 })], "e2"));
  expect(after.alarms["a-1"]?.version).toBe(1);
  expect(after.seq).toEqual({ office: 3 });
  expect(after.epoch).toBe("e2");
});

test("delivery updates who has been told and nothing else", () => {
  const book = withAlarm(started, anAlarm());
  const told = { count: 9, reached: 9, seen: 9, failed: 0, people: [] };
  const after = withFrame(book, { type: "delivery", news: [{ alarm_id: "a-1", told }] });
  expect(after.alarms["a-1"]).toEqual({ ...anAlarm(), told });
  expect(withFrame(book, { type: "delivery", news: [{ alarm_id: "unknown", told }] })).toBe(book);
});

test("being behind in one office is being behind", () => {
  expect(isBehind({ north: 4, south: 2 }, { north: 4, south: 3 })).toBe(true);
  expect(isBehind({ north: 4, south: 3 }, { north: 4, south: 3 })).toBe(false);
  expect(isBehind({}, { north: 1 })).toBe(true);
  expect(furthest({ north: 4 }, { north: 3, south: 1 })).toEqual({ north: 4, south: 1 });
});

test("an answer that the line has overtaken takes no alarm off the screen and does not move the cursor back", () => {
  const book = withFrame({ ...started, seq: { office: 1 } }, alarms(2, anAlarm({ id: "new" })));
  const after = withFetched(book, { epoch: "e1", seq: { office: 1 }, alarms: [anAlarm({ id: "old" })] });
  expect(Object.keys(after?.alarms ?? {}).sort()).toEqual(["new", "old"]);
  expect(after?.seq).toEqual({ office: 2 });
});

test("an answer as new as the line forgets what is over; one of another epoch is not believed before the line has been asked", () => {
  const book = withAlarm({ ...started, seq: { office: 1 } }, anAlarm({ id: "gone" }));
  expect(withFetched(book, { epoch: "e1", seq: { office: 1 }, alarms: [] })?.alarms).toEqual({});
  expect(withFetched(book, { epoch: "e2", seq: { office: 9 }, alarms: [] })).toBeNull();
  expect(withFetched(emptyBook, { epoch: "e2", seq: { office: 9 }, alarms: [] })?.epoch).toBe("e2");
});
