// Reads drills, and acts on them: a tap is sent with its own id until the server has answered, so that *stop* is never lost and never given twice.
import { useCallback, useState } from "react";
import { readBoard, readDrill, readDrills, type DrillBoard, type DrillView } from "../core/drill-contract";
import { uuid7 } from "../core/uuid7";
import { post, type Answer } from "../io/api";
import { useAlarms, useServices, useValue } from "../io/hooks";
import { useReading } from "../io/use-reading";

const every_ms = 60_000;
const board_every_ms = 5_000;
const again_ms = 1_500;
const tries_most = 20;

/** Reads again when the server rings too. */
function useDrillReading<T>(path: string | null, read: (raw: unknown) => T | null, each_ms: number, alsoWhen = "") {
  const rung = useValue(useServices().drillsRung);
  return useReading(path, read, each_ms, `${rung} ${alsoWhen}`);
}

export function useDrills() {
  return useDrillReading("/api/drills", readDrills, every_ms);
}

export function useDrill(id: string) {
  return useDrillReading(`/api/drills/${encodeURIComponent(id)}`, readDrill, every_ms);
}

/** The live board: read again whenever an alarm that this screen sees has moved, and every few seconds. */
export function useBoard(drill: DrillView, wanted: boolean): DrillBoard | null {
  const { all } = useAlarms();
  const moved = drill.alarms.map((id) => all[id]?.version ?? 0).join();
  const path = wanted ? `/api/drills/${encodeURIComponent(drill.id)}/board` : null;
  return useDrillReading(path, readBoard, drill.state === "RUNNING" ? board_every_ms : every_ms, moved).value;
}

export interface DrillActions {
  act: (action: string, fields?: Record<string, unknown>) => Promise<boolean>;
  busy: string | null;
  /** Why the last tap was refused; `no_answer` where the server has not answered. */
  refused: { action: string; reason: string } | null;
}

export function useDrillActions(drill_id: string, took: (drill: DrillView) => void): DrillActions {
  const [busy, setBusy] = useState<string | null>(null);
  const [refused, setRefused] = useState<DrillActions["refused"]>(null);
  const act = useCallback(async (action: string, fields: Record<string, unknown> = {}) => {
    const id = uuid7();
    setBusy(action);
    setRefused(null);
    const answer = await untilAnswered(() => post<{ drill?: unknown; reason?: string }>(`/api/drills/${encodeURIComponent(drill_id)}/actions`, { id, action, ...fields }), () =>
      setRefused({ action, reason: "no_answer" }),
    );
    setBusy(null);
    const drill = readDrill(answer.body?.drill);
    if (drill) took(drill);
    setRefused(answer.ok ? null : { action, reason: answer.reason ?? "no_answer" });
    return answer.ok;
  }, [drill_id, took]);
  return { act, busy, refused };
}

/** Sent again with the same id for half a minute: the server answers the same tap once. `waiting` is called each time that it has not. */
export async function untilAnswered<T>(send: () => Promise<Answer<T>>, waiting: () => void): Promise<Answer<T>> {
  for (let tries = 1; ; tries += 1) {
    const answer = await send();
    if ((answer.status !== 0 && answer.status < 500) || tries >= tries_most) return answer;
    waiting();
    await new Promise((done) => setTimeout(done, again_ms));
  }
}
