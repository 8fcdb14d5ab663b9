// What the readiness pages read, and when: each time the server says that something has changed, and each minute.
import { useCallback, useEffect, useState } from "react";
import type { DeviceNow, OfficeNow, ProofNow, Readiness } from "../core/session-contract";
import { get } from "../io/api";
import { useServices, useValue } from "../io/hooks";

export interface Way {
  channel: string;
  proven_at: string | null;
}

export interface PersonReady {
  person_id: string;
  name: string;
  roles: string[];
  sure: boolean;
  ways: Way[];
  lacks: ("push_never" | "push_gone" | "number" | "everything")[];
}

export interface OfficeReady {
  office_id: string;
  name: string;
  at: string;
  present: number;
  on_duty: number;
  readiness: Readiness;
  gateway: OfficeNow["gateway"];
  proof: ProofNow;
  devices: DeviceNow[];
  channels: { channel: string; people: number; proven: number; last_at: string | null }[];
  roles: { role: string; on_duty: number; reachable: number; sure: number }[];
  people: PersonReady[];
  sms_test: boolean;
}

export interface Proofs {
  days: number;
  summary: {
    runs: number;
    held: number;
    to_screen: number;
    share: number | null;
    chain_p50_ms: number | null;
    chain_p95_ms: number | null;
    screens: number;
    screens_answered: number;
    screen_p50_ms: number | null;
    screen_p95_ms: number | null;
  };
  proofs: { id: string; made_at: string; ended_at: string | null; broken: string | null; whole: boolean }[];
}

export interface Read<T> {
  value: T | null;
  failed: boolean;
  again: () => void;
}

const read_every_ms = 60_000;

/** The newest answer; what was shown stays when the server does not answer, and is said to be old. */
export function useRead<T>(path: string | null, office_id: string): Read<T> {
  const [read, setRead] = useState<{ value: T | null; failed: boolean }>({ value: null, failed: false });
  const changed_at = useValue(useServices().offices)[office_id]?.at;
  const again = useCallback(() => {
    if (path) void get<T>(path).then((answer) => setRead((before) => ({ value: answer.body && answer.ok ? answer.body : before.value, failed: !answer.ok })));
  }, [path]);
  useEffect(again, [again, changed_at]);
  useEffect(() => {
    const timer = setInterval(again, read_every_ms);
    return () => clearInterval(timer);
  }, [again]);
  return { ...read, again };
}
