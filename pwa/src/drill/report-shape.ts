// The shape of a drill's report (docs/api.md is the original). Only a coordinator's page reads it, and it is made by the same server.
import type { DrillBoard } from "../core/drill-contract";
import type { Translated } from "../core/session-contract";

export interface Figures {
  told: number;
  reached: number;
  share_reached: number | null;
  first_reached_s: number | null;
  all_reached_s: number | null;
  first_coming_s: number | null;
  first_there_s: number | null;
}

export interface Spread {
  count: number;
  median_s: number | null;
  p90_s: number | null;
  slowest_s: number | null;
}

interface Remark {
  who: string | null;
  at: string;
  remark: string;
}

export interface ReportView {
  server_time: string;
  names: boolean;
  intact: boolean;
  /** Whether what was sent in it was sealed when it was over. */
  sealed: boolean;
  drill: {
    id: string; name: string; title: Translated; goal: Translated; offices: string[]; leader: string | null; starts_at: string; zero_at: string | null;
    stopping: { at: string; why: string } | null; consulted: Remark | null; remark: Remark | null; summary: string;
  };
  figures: Figures;
  reached: Spread;
  coming: Spread;
  last: { at: string; figures: Figures } | null;
  others: { count: number; figures: Figures } | null;
  alarms: {
    id: string; office: string; zone: string | null; opened_at: string; ended_at: string | null; told: number; reached: number;
    marks: { mark: string; seconds: number }[]; curve: { reached: [number, number][]; answered: [number, number][] };
  }[];
  targets: DrillBoard["targets"];
  unreached: { alarm_id: string; name: string | null; why: string; channels: string[] }[];
  channels: { channel: string; tried: number; reached: number; failed: number }[];
  /** Lights and sounders that never took it. */
  dark?: string[];
  answered: number;
  answers: { id: string; answer: string; text: Translated; counts: Record<string, number>; texts: string[] }[];
  findings: { text: string; owner: string | null; owner_is: string; due_on: string; closed_at: string | null; outcome: string }[];
}
