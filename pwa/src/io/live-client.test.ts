// Promises about the live line: what it says, when it gives up, and that it never listens to an old socket.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Frame } from "../core/contract";
import { anAlarm } from "../core/examples";
import { LiveClient, type Socket } from "./live-client";

class OtherEnd implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  said: Record<string, unknown>[] = [];
  closed = false;
  send(text: string) { this.said.push(JSON.parse(text) as Record<string, unknown>); }
  close() { this.closed = true; }
  opens() { this.onopen?.(new Event("open")); }
  says(frame: unknown) { this.onmessage?.({ data: JSON.stringify(frame) } as MessageEvent); }
  hangsUp(code = 1006) { this.onclose?.({ code } as CloseEvent); }
}

const at = "2026-11-21T12:52:00.000Z";
const welcome = { type: "welcome", epoch: "e1", server_time: at, snapshot: true, seq: { office: 5 }, alarms: [] };
let ends: OtherEnd[];
let frames: Frame[];
let lines: boolean[];
let behind: number;
let signedOut: number;
let unread: number;
let seq: Record<string, number>;
let client: LiveClient;
const last = () => ends.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers();
  [ends, frames, lines, behind, signedOut, unread, seq] = [[], [], [], 0, 0, 0, { office: 5 }];
  client = new LiveClient({
    connect: () => { ends.push(new OtherEnd()); return last(); },
    cursor: () => ({ epoch: "e1", seq }),
    surface: () => ({ surface: "phone", zone_id: null }),
    alarmOpen: () => false,
    onFrame: (frame) => frames.push(frame),
    onLine: (open) => lines.push(open),
    onPong: () => undefined,
    onUnread: () => unread++,
    onSignedOut: () => signedOut++,
    onBehind: () => behind++,
    random: () => 0,
  });
  client.start();
});
afterEach(() => {
  client.stop();
  vi.useRealTimers();
});

function connected(): OtherEnd {
  last().opens();
  last().says(welcome);
  return last();
}

test("hello comes first and carries the epoch and the last number of every office", () => {
  last().opens();
  expect(last().said).toEqual([{ type: "hello", epoch: "e1", seq: { office: 5 }, surface: "phone", zone_id: null }]);
});

test("the line is open from the welcome, not from the socket", () => {
  last().opens();
  expect(lines.at(-1)).toBe(false);
  last().says(welcome);
  expect(lines.at(-1)).toBe(true);
});

test("a line that has been silent for 25 seconds is dropped and replaced", () => {
  const silent = connected();
  vi.advanceTimersByTime(24_900);
  expect(silent.closed).toBe(false);
  vi.advanceTimersByTime(200);
  expect(silent.closed).toBe(true);
  expect(lines.at(-1)).toBe(false);
  vi.advanceTimersByTime(600);
  expect(ends).toHaveLength(2);
});

test("heartbeats keep the line", () => {
  const end = connected();
  for (let beat = 0; beat < 6; beat++) {
    vi.advanceTimersByTime(10_000);
    end.says({ type: "heartbeat", server_time: at, seq: { office: 5 } });
  }
  expect(end.closed).toBe(false);
  expect(ends).toHaveLength(1);
});

test("a socket that never says welcome is given up", () => {
  vi.advanceTimersByTime(8001);
  expect(ends[0]!.closed).toBe(true);
  vi.advanceTimersByTime(600);
  expect(ends).toHaveLength(2);
});

test("becoming visible replaces the socket even when it says that it is open, and the old one is not heard", () => {
  const old = connected();
  client.replace();
  expect(ends).toHaveLength(2);
  const before = frames.length;
  old.says({ type: "alarms", seq: { office: 6 }, alarms: [], server_time: at });
  old.hangsUp();
  expect(frames).toHaveLength(before);
  expect(ends).toHaveLength(2);
});

test("it never gives up knocking", () => {
  for (let attempt = 0; attempt < 50; attempt++) {
    last().hangsUp();
    vi.advanceTimersByTime(501);
  }
  expect(ends.length).toBe(51);
});

test("being signed out ends the knocking and is told", () => {
  last().hangsUp(4401);
  vi.advanceTimersByTime(60_000);
  expect(signedOut).toBe(1);
  expect(ends).toHaveLength(1);
});

test("a heartbeat that knows more than we do makes us fetch, unless the frame comes after all", () => {
  const end = connected();
  end.says({ type: "heartbeat", server_time: at, seq: { office: 6 } });
  seq = { office: 6 };
  vi.advanceTimersByTime(2100);
  expect(behind).toBe(0);
  end.says({ type: "heartbeat", server_time: at, seq: { office: 7 } });
  vi.advanceTimersByTime(2100);
  expect(behind).toBe(1);
});

test("nothing is claimed to be drawn on a line that is not open", () => {
  last().opens();
  client.got({ office: 5 });
  expect(last().said.filter((message) => message["type"] === "got")).toEqual([]);
  last().says(welcome);
  client.got({ office: 5 });
  expect(last().said.filter((message) => message["type"] === "got")).toEqual([{ type: "got", seq: { office: 5 } }]);
});

test("what cannot be understood is left alone and counts as a sign of life", () => {
  const end = connected();
  end.onmessage?.({ data: "{not json" } as MessageEvent);
  end.says({ type: "weather" });
  expect(frames).toHaveLength(1);
  expect(lines.at(-1)).toBe(true);
});

test("an alarm that this app cannot read is said to be there, and nothing on that line is claimed to be drawn", () => {
  const end = connected();
  const got = (one: OtherEnd) => one.said.filter((message) => message["type"] === "got");
  end.says({ type: "alarms", seq: { office: 6 }, server_time: welcome.server_time, alarms: [anAlarm({ id: "a" }), { id: "b", state: 7 }] });
  expect(unread).toBe(1);
  expect(frames.at(-1)).toMatchObject({ type: "alarms", alarms: [{ id: "a" }] });
  client.got({ office: 6 });
  expect(got(end)).toEqual([]);
  end.says({ type: "alarms", alarms: [anAlarm({ id: "c" })] });
  expect(unread).toBe(2);
  client.replace();
  connected();
  client.got({ office: 6 });
  expect(got(last())).toHaveLength(1);
});

test("where no socket gets through, the alarms are asked for at each try", () => {
  for (let time = 0; time < 3; time++) {
    last().hangsUp();
    vi.advanceTimersByTime(20_000);
  }
  expect(behind).toBeGreaterThanOrEqual(3);
});
