// The app's parts put together: the alarm book, the live line, the outbox, and what is fetched beside them.
import { emptyBook, withAlarm, withFrame, withSnapshot, type AlarmBook } from "../core/alarm-book";
import { openOnes } from "../core/alarm-rules";
import { ServerClock } from "../core/clock";
import type { LineState } from "../core/connection";
import { readAlarm, readOpenAlarms, type AlarmView, type Frame } from "../core/contract";
import { readVisit, readVisits, type Checklist, type VisitView } from "../core/visit-contract";
import type { Content, Duty, OfficeCards, OfficeNow, Session } from "../core/session-contract";
import { get, post, put } from "./api";
import { LiveClient, type Socket } from "./live-client";
import type { LocalStore } from "./local-store";
import { Observable } from "./observable";
import { Outbox } from "./outbox";
import { PushPhone } from "./push-phone";
import { Sound } from "./sound";

/** Every screen of every office hears of it at once; they need not all ask in the same second. */
const spread_ms = 5000;

export interface SessionState {
  state: "loading" | "signed_out" | "signed_in";
  session: Session | null;
}

/** `at_ms`: when the board was last read, by the phone's own clock; null before that: what it shows is only remembered. */
export interface VisitsState {
  visits: VisitView[];
  at_ms: number | null;
}

const visits_every_ms = 60_000;

export class Services {
  readonly session = new Observable<SessionState>({ state: "loading", session: null });
  readonly book = new Observable<AlarmBook>(emptyBook);
  readonly line = new Observable<LineState>({ open: false, heard_ms: null });
  readonly content = new Observable<Content | null>(null);
  readonly cards = new Observable<Record<string, OfficeCards>>({});
  readonly offices = new Observable<Record<string, OfficeNow>>({});
  readonly visits = new Observable<VisitsState>({ visits: [], at_ms: null });
  readonly checklist = new Observable<Checklist | null>(null);
  readonly clock = new ServerClock();
  readonly sound = new Sound();
  readonly phone = new PushPhone(() => this.sound.isUnlocked());
  readonly outbox: Outbox;
  readonly live: LiveClient;
  private person_id: string | null = null;
  private visitsTimer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly store: LocalStore) {
    this.outbox = new Outbox({ store, post, onAlarm: (alarm) => this.book.set(withAlarm(this.book.get(), alarm)), onVisit: (raw) => this.tookVisit(raw) });
    this.live = new LiveClient({
      connect: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/live`) as Socket,
      cursor: () => this.book.get(),
      surface: () => ({ surface: this.session.get().session?.surface ?? "phone", zone_id: this.session.get().session?.zone_id ?? null }),
      alarmOpen: () => openOnes(this.book.get().alarms).length > 0,
      onFrame: (frame) => this.take(frame),
      onLine: (open, heard_ms) => this.line.set({ open, heard_ms }),
      onPong: (sample) => this.clock.sample(sample),
      onSignedOut: () => this.signedOut(),
      onBehind: () => void this.fetchAlarms(),
    });
  }

  /** Shows what the phone remembers at once, then asks the server; the remembered is marked by its age. */
  async start(): Promise<void> {
    const [session, book] = await Promise.all([this.kept<Session>("session"), this.kept<AlarmBook>("book")]);
    this.content.set(await this.kept<Content>("content"));
    this.cards.set((await this.kept<Record<string, OfficeCards>>("cards")) ?? {});
    this.offices.set((await this.kept<Record<string, OfficeNow>>("offices")) ?? {});
    this.visits.set({ visits: (await this.kept<VisitView[]>("visits")) ?? [], at_ms: null });
    this.checklist.set(await this.kept<Checklist>("checklist"));
    if (book) this.book.set(book);
    if (session) {
      this.person_id = session.person.id;
      this.session.set({ state: "signed_in", session });
    }
    this.book.watch(() => void this.store.keep("book", this.book.get()).catch(() => undefined));
    await this.refreshSession();
    for (const happening of ["online", "pageshow"] as const) addEventListener(happening, this.wake);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.wake());
    this.listenToWorker();
  }

  readonly wake = (): void => {
    if (this.session.get().state !== "signed_in") return void this.refreshSession();
    this.live.replace();
    this.outbox.sendAll();
    void this.phone.sendWaiting();
    void this.phone.sync();
  };

  /** Asked to go somewhere by a tap on a notification. Set by what knows the app's addresses. */
  onOpen: (path: string) => void = (path) => location.assign(path);

  /** The worker has shown a push, or somebody has tapped it: what it was about is fetched, for the socket may be dead without saying so. */
  private listenToWorker(): void {
    if ("BroadcastChannel" in window) {
      new BroadcastChannel("varde").onmessage = () => this.session.get().state === "signed_in" && void this.fetchAlarms();
    }
    navigator.serviceWorker?.addEventListener("message", (event) => {
      const said = event.data as { type?: unknown; path?: unknown } | null;
      if (said?.type !== "open" || typeof said.path !== "string") return;
      event.ports[0]?.postMessage("gone");
      this.onOpen(said.path);
      void this.fetchAlarms();
    });
  }

  async refreshSession(): Promise<void> {
    const answer = await get<Session>("/api/session");
    if (answer.ok && answer.body) return this.signedIn(answer.body);
    if (answer.status === 401 || answer.status === 403) return this.signedOut();
    const remembered = this.session.get().session;
    if (remembered) this.signedIn(remembered);
    else this.session.set({ state: "signed_out", session: null });
  }

  setDuty(office_id: string, duty: Duty): void {
    const { state, session } = this.session.get();
    if (!session) return;
    const offices = session.offices.map((office) => (office.id === office_id ? { ...office, duty } : office));
    this.session.set({ state, session: { ...session, offices } });
    void this.keep("session", { ...session, offices });
  }

  /** The office's files have changed: other names, cards, rights. The line stays as it is; the server ends it where it must. */
  async fetchEverything(): Promise<void> {
    const answer = await get<Session>("/api/session");
    if (!answer.ok || !answer.body || answer.body.person.id !== this.person_id) return;
    this.session.set({ state: "signed_in", session: answer.body });
    await this.keep("session", answer.body);
    await Promise.all([this.fetchAlarms(), this.fetchContent(answer.body)]);
  }

  async fetchAlarms(): Promise<void> {
    const answer = await get<unknown>("/api/alarms");
    const snapshot = answer.ok ? readOpenAlarms(answer.body) : null;
    if (snapshot) this.book.set(withSnapshot(this.book.get(), snapshot));
  }

  async fetchAlarm(id: string): Promise<AlarmView | null> {
    const alarm = readAlarm((await get<unknown>(`/api/alarms/${encodeURIComponent(id)}`)).body);
    if (alarm) this.book.set(withAlarm(this.book.get(), alarm));
    return alarm;
  }

  async fetchNow(office_id: string): Promise<void> {
    const answer = await get<OfficeNow>(`/api/offices/${encodeURIComponent(office_id)}/now`);
    if (!answer.ok || !answer.body) return;
    this.offices.set({ ...this.offices.get(), [office_id]: answer.body });
    await this.keep("offices", this.offices.get());
  }

  /** The server rings when a board has changed; each minute is the second net. */
  async fetchVisits(): Promise<void> {
    const answer = await get<unknown>("/api/visits");
    const visits = answer.ok ? readVisits(answer.body) : null;
    if (!visits) return;
    this.visits.set({ visits, at_ms: Date.now() });
    await this.keep("visits", visits);
  }

  tookVisit(raw: unknown): VisitView | null {
    const visit = readVisit(raw);
    if (!visit) return null;
    const { visits, at_ms } = this.visits.get();
    this.visits.set({ visits: [...visits.filter((one) => one.id !== visit.id), visit], at_ms });
    void this.keep("visits", this.visits.get().visits);
    return visit;
  }

  /** The latest position, once: what does not get through is replaced by the next one. */
  locate(visit_id: string, coords: GeolocationCoordinates, age_s: number): void {
    void put(`/api/visits/${encodeURIComponent(visit_id)}/position`, {
      lat: coords.latitude, lon: coords.longitude, accuracy_m: Math.min(coords.accuracy, 100_000), age_s: Math.min(age_s, 86_400),
    });
  }

  async fetchChecklist(): Promise<void> {
    const answer = await get<Checklist>("/api/visits/checklist");
    if (!answer.ok || !answer.body) return;
    this.checklist.set(answer.body);
    await this.keep("checklist", answer.body);
  }

  /** Nothing of one person may be left for the next one on a shared phone. */
  async forgetPerson(): Promise<void> {
    this.live.stop();
    this.outbox.forget();
    this.book.set(emptyBook);
    this.visits.set({ visits: [], at_ms: null });
    this.session.set({ state: "signed_out", session: null });
    await this.store.forgetAll().catch(() => undefined);
  }

  private signedIn(session: Session): void {
    // What the last person on a shared phone was shown or had not sent is not for the next one.
    const other = this.person_id !== null && this.person_id !== session.person.id;
    if (other) {
      this.outbox.forget();
      this.book.set(emptyBook);
      this.visits.set({ visits: [], at_ms: null });
    }
    this.person_id = session.person.id;
    this.session.set({ state: "signed_in", session });
    void (other ? this.store.forgetAll().catch(() => undefined) : Promise.resolve()).then(() => this.keep("session", session));
    this.live.start();
    void this.outbox.start();
    void this.phone.sync();
    void this.phone.sendWaiting();
    void this.fetchContent(session);
    this.visitsTimer ??= setInterval(() => void this.fetchVisits(), visits_every_ms);
  }

  private signedOut(): void {
    this.live.stop();
    if (this.visitsTimer) clearInterval(this.visitsTimer);
    this.visitsTimer = null;
    this.session.set({ state: "signed_out", session: null });
  }

  private async fetchContent(session: Session): Promise<void> {
    const content = await get<Content>("/api/content");
    if (content.ok && content.body) {
      this.content.set(content.body);
      await this.keep("content", content.body);
    }
    for (const office of session.offices) {
      const cards = await get<OfficeCards>(`/api/offices/${encodeURIComponent(office.id)}/cards`);
      if (cards.ok && cards.body) this.cards.set({ ...this.cards.get(), [office.id]: cards.body });
      void this.fetchNow(office.id);
    }
    await this.fetchChecklist();
    await this.keep("cards", this.cards.get());
  }

  private take(frame: Frame): void {
    if ("server_time" in frame && this.clock.skew_ms() === 0) {
      const heard_ms = Date.now();
      this.clock.sample({ sent_ms: heard_ms - 1000, heard_ms, server_ms: Date.parse(frame.server_time) - 500 });
    }
    if (frame.type === "now") void this.fetchNow(frame.office_id);
    if (frame.type === "visits" || frame.type === "welcome") void this.fetchVisits();
    if (frame.type === "configuration") setTimeout(() => void this.fetchEverything(), Math.random() * spread_ms);
    this.book.set(withFrame(this.book.get(), frame));
    if (frame.type === "welcome") this.outbox.sendAll();
  }

  private async keep(name: string, value: unknown): Promise<void> {
    await this.store.keep(name, value).catch(() => undefined);
  }

  private async kept<T>(name: string): Promise<T | null> {
    return this.store.kept<T>(name).catch(() => null);
  }
}
