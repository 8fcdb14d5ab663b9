// A whole alarm for tests, so that each test only says what is special about its own.
import { type AlarmView, readAlarm } from "./contract";

export const aDrill = { id: "d", name: "Høst", leader: { name: "Sondre Vik", phone: "+47 55 55 01 05" } };

export function anAlarm(special: Partial<AlarmView> = {}, me: Partial<AlarmView["me"]> = {}): AlarmView {
  const alarm = readAlarm({ id: "a-1", version: 1, state: "RAISED" });
  if (!alarm) throw new Error("the smallest alarm must be readable");
  return {
    ...alarm,
    office_id: "nav-fjordvik",
    situation: "desk_alarm",
    go_to_scene: "pair",
    opened_at: "2026-11-21T12:52:00.000Z",
    received_at: "2026-11-21T12:52:00.000Z",
    last_signal: 1,
    place: { office: "Nav Fjordvik", address: "Havnegata 4, 6790 Fjordvik", zone_id: "mottak", zone: "Mottak", floor: "1. etasje", detail: null, public: true, also_in: [] },
    told: { count: 9, reached: 7, seen: 3, failed: 1, people: [] },
    cover: [{ role: "coordinator", need: 1, have: 0 }, { role: "responder", need: 2, have: 0 }],
    ...special,
    me: { ...alarm.me, told: true, can: ["acknowledge", "decline", "shelter", "note"], ...me },
  };
}
