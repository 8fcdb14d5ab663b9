// What components use to look at the app's parts and to act.
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { openOnes, placeOf, toneFor, type Tone } from "../core/alarm-rules";
import { connectionOf, type Connection } from "../core/connection";
import type { AlarmView } from "../core/contract";
import type { Session } from "../core/session-contract";
import type { Observable } from "./observable";
import type { TapState } from "./outbox";
import type { Services } from "./services";
import { every } from "./steady";

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error("the app's parts are missing above this component");
  return services;
}

export function useValue<T>(observable: Observable<T>): T {
  return useSyncExternalStore(observable.watch, observable.get);
}

export function useSession(): Session {
  const { session } = useValue(useServices().session);
  if (!session) throw new Error("this screen is only for people who are signed in");
  return session;
}

export function useAlarms(): { open: AlarmView[]; all: Readonly<Record<string, AlarmView>> } {
  const { alarms } = useValue(useServices().book);
  return { open: openOnes(alarms), all: alarms };
}

/** What this screen has to sound now. */
export function useTone(): Tone | null {
  const { open } = useAlarms();
  const session = useSession();
  return toneFor(open, placeOf(session), useValue(useServices().silenced));
}

/** The server's time, ticking each second. */
export function useNow_ms(): number {
  const { clock } = useServices();
  return clock.now_ms(useTick_ms());
}

export function useTick_ms(): number {
  const [tick_ms, setTick] = useState(() => Date.now());
  useEffect(() => every(1000, () => setTick(Date.now())), []);
  return tick_ms;
}

export function useConnection(): { connection: Connection; heard_ms: number | null } {
  const line = useValue(useServices().line);
  const now_ms = useTick_ms();
  return { connection: connectionOf(line, Math.max(now_ms, line.heard_ms ?? 0)), heard_ms: line.heard_ms };
}

export interface AlarmActions {
  act: (action: string, more?: Record<string, unknown>) => void;
  /** The tap of this kind (and, of several, of this step) that is on its way, or was refused last. */
  last: (action: string, of?: (body: Record<string, unknown>) => boolean) => TapState | null;
  waiting: (action: string) => boolean;
}

export interface VisitActions {
  act: (action: string, more?: Record<string, unknown>) => void;
  last: (action: string) => TapState | null;
  waiting: (action: string) => boolean;
  /** Whether any tap on this visit is still on its way: then the screen must not say that it is done. */
  unsent: boolean;
}

export function useVisitActions(visit_id: string): VisitActions {
  const { outbox } = useServices();
  const taps = useValue(outbox.taps).filter((one) => one.tap.kind === "visit" && one.tap.alarm_id === visit_id);
  const last = (action: string) => taps.findLast((one) => one.tap.body["action"] === action) ?? null;
  return {
    act: (action, more) => void outbox.visit(visit_id, action, more),
    last,
    waiting: (action) => last(action)?.state === "waiting",
    unsent: taps.some((one) => one.state === "waiting"),
  };
}

export function useActions(alarm_id: string): AlarmActions {
  const { outbox } = useServices();
  const taps = useValue(outbox.taps).filter((one) => one.tap.alarm_id === alarm_id);
  const last: AlarmActions["last"] = (action, of = () => true) => taps.findLast((one) => one.tap.body["action"] === action && of(one.tap.body)) ?? null;
  return {
    act: (action, more) => void outbox.act(alarm_id, action, more),
    last,
    waiting: (action) => last(action)?.state === "waiting",
  };
}
