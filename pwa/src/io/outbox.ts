// Sends taps: kept on the phone first, tried until there is a receipt or a refusal, never twice as two.
import { readAlarm, type AlarmView } from "../core/contract";
import { age_s, nextToSend, verdict, wait_ms, type Moment, type WaitingTap } from "../core/outbox-rules";
import { uuid7 } from "../core/uuid7";
import type { Answer } from "./api";
import type { LocalStore } from "./local-store";
import { Observable } from "./observable";

export interface TapState {
  tap: WaitingTap;
  state: "waiting" | "confirmed" | "refused";
  reason: string | null;
  /** False: the phone's storage refuses it, and it lives only as long as the page. Null while that is not known. */
  kept: boolean | null;
  /** What the server said about a signal: which alarm it became, and when it was received. */
  receipt: SignalReceipt | null;
}

export interface SignalReceipt {
  signal_id: string;
  outcome: string;
  alarm_id: string | null;
  received_at: string;
}

export interface OutboxParts {
  store: LocalStore;
  post: (path: string, body: unknown) => Promise<Answer<unknown>>;
  onAlarm: (alarm: AlarmView) => void;
  onVisit?: (visit: unknown) => void;
  /** A cry for help is kept: whoever can send it without this page may be told. */
  onCryKept?: () => void;
  moment?: () => Moment;
  later?: (action: () => void, wait_ms: number) => void;
}

/** Confirmed and refused taps stay in sight for the screens; the oldest of them make room. */
const remembered_taps = 60;
/** A store that hangs must not hold back a cry for help. */
const store_patience_ms = 250;

export class Outbox {
  readonly taps = new Observable<readonly TapState[]>([]);
  private sending = new Set<string>();

  constructor(private readonly parts: OutboxParts) {}

  /** Takes up what an earlier life of the app did not get sent. */
  async start(): Promise<void> {
    const left = await this.parts.store.taps().catch(() => []);
    const known = new Set(this.taps.get().map((one) => one.tap.id));
    const waiting = left
      .filter((tap) => !known.has(tap.id))
      .sort((one, other) => one.tapped.wall_ms - other.tapped.wall_ms)
      .map((tap) => ({ ...fresh(tap), kept: true }));
    this.taps.set([...waiting, ...this.taps.get()]);
    this.sendAll();
  }

  act(alarm_id: string, action: string, more: Record<string, unknown> = {}): string {
    return this.add("action", alarm_id, { action, ...more });
  }

  visit(visit_id: string, action: string, more: Record<string, unknown> = {}): string {
    return this.add("visit", visit_id, { action, ...more });
  }

  signal(body: Record<string, unknown>): string {
    return this.add("signal", null, body);
  }

  /** Called when there is reason to believe that the network is back. */
  readonly sendAll = (): void => {
    const waiting = this.taps.get().filter((one) => one.state === "waiting").map((one) => one.tap);
    for (const tap of nextToSend(waiting)) void this.send(tap);
  };

  /** Another person on this phone must not send the last one's taps. */
  forget(): void {
    this.taps.set([]);
  }

  private add(kind: WaitingTap["kind"], alarm_id: string | null, body: Record<string, unknown>): string {
    const tap: WaitingTap = { id: uuid7(), kind, alarm_id, body, tapped: this.now(), tries: 0 };
    const older = this.taps.get().filter((one) => one.state === "waiting" || !this.isFull());
    this.taps.set([...older, fresh(tap)]);
    void this.keepThenSend(tap);
    return tap.id;
  }

  private isFull(): boolean {
    return this.taps.get().length >= remembered_taps;
  }

  private async keepThenSend(tap: WaitingTap): Promise<void> {
    // A PIN is only ever in memory: a tap that carries one is lost with the page, and is asked for again.
    if (!("pin" in tap.body)) await inTime(this.keep(tap), store_patience_ms);
    this.sendAll();
  }

  private async keep(tap: WaitingTap): Promise<void> {
    const kept = await this.parts.store.keepTap(tap).then(() => this.parts.store.lasting, () => false);
    this.replace(tap.id, (one) => ({ ...one, kept }));
    if (kept && tap.kind === "signal") this.parts.onCryKept?.();
  }

  private async send(tap: WaitingTap): Promise<void> {
    if (this.sending.has(tap.id)) return;
    this.sending.add(tap.id);
    const path = pathOf(tap);
    const answer = await this.parts.post(path, { ...tap.body, id: tap.id, age_s: age_s(tap.tapped, this.now()) });
    this.sending.delete(tap.id);
    const outcome = verdict(tap.kind, answer);
    if (outcome === "try_again") {
      this.replace(tap.id, (one) => ({ ...one, tap: { ...tap, tries: tap.tries + 1 } }));
      this.later(this.sendAll, wait_ms(tap.tries));
      return;
    }
    const alarm = readAlarm(fieldOf(answer.body, "alarm"));
    if (alarm) this.parts.onAlarm(alarm);
    if (tap.kind === "visit") this.parts.onVisit?.(fieldOf(answer.body, "visit"));
    const receipt = tap.kind === "signal" ? (answer.body as SignalReceipt | null) : null;
    this.replace(tap.id, (one) => ({ ...one, state: outcome, reason: outcome === "refused" ? (answer.reason ?? "unknown") : null, receipt }));
    await this.parts.store.dropTap(tap.id).catch(() => undefined);
    this.sendAll();
  }

  private replace(id: string, change: (one: TapState) => TapState): void {
    this.taps.set(this.taps.get().map((one) => (one.tap.id === id ? change(one) : one)));
  }

  private now(): Moment {
    return this.parts.moment?.() ?? { wall_ms: Date.now(), steady_ms: performance.now(), page: performance.timeOrigin };
  }

  private later(action: () => void, time_ms: number): void {
    if (this.parts.later) this.parts.later(action, time_ms);
    else setTimeout(action, time_ms);
  }
}

function pathOf(tap: WaitingTap): string {
  if (tap.kind === "signal") return "/api/signals";
  const about = tap.kind === "visit" ? "visits" : "alarms";
  return `/api/${about}/${encodeURIComponent(tap.alarm_id ?? "")}/actions`;
}

function fresh(tap: WaitingTap): TapState {
  return { tap, state: "waiting", reason: null, kept: null, receipt: null };
}

function inTime(work: Promise<unknown>, patience_ms: number): Promise<unknown> {
  return Promise.race([work.catch(() => undefined), new Promise((done) => setTimeout(done, patience_ms))]);
}

function fieldOf(body: unknown, name: string): unknown {
  return typeof body === "object" && body !== null ? (body as Record<string, unknown>)[name] : undefined;
}
