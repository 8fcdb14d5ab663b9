// Promises about alarms and frames that are not quite as agreed.
import { expect, test } from "vitest";
import { readAlarm, readFrame, unreadIn } from "./contract";

test("an alarm with strange fields is still an alarm", () => {
  const alarm = readAlarm({ id: "a", version: 3, state: "RAISED", level: "purple", place: 7, people: [{ stage: "flying" }], me: null, told: "many" });
  expect(alarm?.level).toBe("emergency");
  expect(alarm?.people).toEqual([]);
  expect(alarm?.me.can).toEqual([]);
});

test("an alarm without a place to go to does not send anybody there", () => {
  expect(readAlarm({ id: "a", version: 1, state: "RAISED" })?.go_to_scene).toBe("nobody");
});

test("one unreadable alarm does not hide the others in its frame", () => {
  const read = readFrame({ type: "alarms", seq: { o: 1 }, server_time: "", alarms: [{ broken: true }, { id: "b", version: 1, state: "RAISED" }] });
  expect(read?.type === "alarms" && read.alarms.map((alarm) => alarm.id)).toEqual(["b"]);
});

test("a frame of an unknown type is put aside", () => {
  expect(readFrame({ type: "weather" })).toBeNull();
  expect(readFrame("hello")).toBeNull();
});

test("without the mark it is real, and with a strange mark it is a drill all the same", () => {
  const read = (drill: unknown) => readAlarm({ id: "a", version: 1, state: "RAISED", drill })?.drill;
  expect(read(undefined)).toBeNull();
  expect(read(null)).toBeNull();
  for (const strange of ["yes", 7, {}, { id: 3, leader: "Sondre" }]) expect(read(strange)).toMatchObject({ name: "", leader: null });
  expect(read({ id: "d", name: "Høst", leader: { name: "Sondre", phone: "+47 55 55 01 05" } })?.leader?.phone).toBe("+47 55 55 01 05");
});

test("an alarm in a state that this app has never heard of is open", () => {
  expect(readAlarm({ id: "a", version: 1, state: "PAUSED" })?.state).toBe("RAISED");
  expect(readAlarm({ id: "a", version: 1 })).toBeNull();
});

test("what could not be read is counted, also where nothing of the frame could be", () => {
  const raw = { type: "alarms", seq: {}, server_time: "", alarms: [{ broken: true }, { id: "b", version: 1, state: "RAISED" }] };
  expect(unreadIn(raw, { alarms: [readAlarm(raw.alarms[1])!] })).toBe(1);
  expect([unreadIn(raw, null), unreadIn({ type: "pong" }, null), unreadIn(null, null), unreadIn({ alarms: "x" }, null)]).toEqual([2, 0, 0, 0]);
});
