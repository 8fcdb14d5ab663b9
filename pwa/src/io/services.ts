// The app's parts put together: the alarm book, the live line, the outbox, and what is fetched beside them.
import { emptyBook, withAlarm, withFetched, withFrame, withSnapshot, type AlarmBook } from "../core/alarm-book";
import { openOnes } from "../core/alarm-rules";
import { ServerClock } from "../core/clock";
import type { LineState } from "../core/connection";
import type { Catalogue } from "../core/drill-contract";
import { readAlarm, readOpenAlarms, unreadIn, type AlarmView, type Frame } from "../core/contract";
import { readVisit, readVisits, type Checklist, type VisitView } from "../core/visit-contract";
import type { Content, Duty, OfficeCards, OfficeNow, OfficePlace, Session } from "../core/session-contract";
import { askSigned, get, post, put, remove, signFirst, signWith } from "./api";
import { wakeWorkerOnline } from "./device";
import { Entering, type Answered } from "./entering";
import { Install } from "./install";
import { LiveClient, type Socket } from "./live-client";
import type { LocalStore } from "./local-store";
import { MiniWindow } from "./mini-window";
import { Observable } from "./observable";
import { Outbox } from "./outbox";
import { PhoneKey } from "./phone-key";
import { PushPhone } from "./push-phone";
import { SosControl } from "./sos-control";
import { Sound } from "./sound";
import { every } from "./steady";
import { Updates } from "./updates";
import { UsbButton } from "./usb-button";

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
const enrol_again_ms = 600_000;
const sent_away_again_ms = 5000;
/** How long the app believes that the session is still there; what it asks in between is answered by the key where it is not. */
const session_again_ms = 1_800_000;

export class Services {
  readonly session = new Observable<SessionState>({ state: "loading", session: null });
  readonly book = new Observable<AlarmBook>(emptyBook);
  readonly line = new Observable<LineState>({ open: false, heard_ms: null });
  readonly content = new Observable<Content | null>(null);
  readonly cards = new Observable<Record<string, OfficeCards>>({});
  readonly places = new Observable<Record<string, OfficePlace>>({});
  readonly offices = new Observable<Record<string, OfficeNow>>({});
  readonly visits = new Observable<VisitsState>({ visits: [], at_ms: null });
  readonly checklist = new Observable<Checklist | null>(null);
  /** Counts how often the server has said that drills should be read again: only their own screens read them. */
  readonly drillsRung = new Observable(0);
  /** What exercises there are, with the words for what is measured. */
  readonly catalogue = new Observable<Catalogue | null>(null);
  /** The server has told of an alarm that this app cannot show. */
  readonly unread = new Observable(false);
  readonly updates = new Updates();
  readonly clock = new ServerClock();
  readonly sound = new Sound();
  readonly sos = new SosControl();
  readonly mini = new MiniWindow();
  readonly usb = new UsbButton();
  /** Which of the offices this desk shows. */
  readonly deskOffice = new Observable<string | null>(null);
  /** Alarms that somebody has silenced at this desk. */
  readonly silenced = new Observable<ReadonlySet<string>>(new Set());
  readonly entering = new Entering(() => this.refreshSession());
  readonly install = new Install();
  readonly key = new PhoneKey();
  readonly phone = new PushPhone(() => this.sound.isUnlocked());
  readonly outbox: Outbox;
  readonly live: LiveClient;
  private person_id: string | null = null;
  private stopVisits: (() => void) | null = null;
  /** Offices whose cards and drawings have been asked for in this life of the page. */
  private asked = new Set<string>();
  private enrolled_ms = -Infinity;
  private asked_ms = 0;
  private sent_away_ms = 0;

  constructor(private readonly store: LocalStore) {
    signWith(this.key, () => void this.phoneTakenAway());
    this.outbox = new Outbox({ store, post, onAlarm: (alarm) => this.book.set(withAlarm(this.book.get(), alarm)), onVisit: (raw) => this.tookVisit(raw), onCryKept: () => void wakeWorkerOnline() });
    this.live = new LiveClient({
      connect: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/live`) as Socket,
      cursor: () => this.book.get(),
      surface: () => ({ surface: this.session.get().session?.surface ?? "phone", zone_id: this.session.get().session?.zone_id ?? null }),
      key: () => (this.byKey() ? this.key.sign("GET", "/api/live") : Promise.resolve(null)),
      alarmOpen: () => openOnes(this.book.get().alarms).length > 0,
      onFrame: (frame) => this.take(frame),
      onLine: (open, heard_ms) => this.lineIs(open, heard_ms),
      onPong: (sample) => this.clock.sample(sample),
      onSignedOut: () => this.sentAway(),
      onUnread: () => this.unread.set(true),
      onBehind: () => void this.fetchAlarms(),
    });
  }

  /** Shows what the phone remembers at once, then asks the server; the remembered is marked by its age. */
  async start(): Promise<void> {
    const [session, book] = await Promise.all([this.kept<Session>("session"), this.kept<AlarmBook>("book")]);
    this.content.set(await this.kept<Content>("content"));
    this.cards.set((await this.kept<Record<string, OfficeCards>>("cards")) ?? {});
    this.places.set((await this.kept<Record<string, OfficePlace>>("places")) ?? {});
    this.offices.set((await this.kept<Record<string, OfficeNow>>("offices")) ?? {});
    this.visits.set({ visits: (await this.kept<VisitView[]>("visits")) ?? [], at_ms: null });
    this.checklist.set(await this.kept<Checklist>("checklist"));
    if (book) this.book.set(book);
    // What is remembered is as old as the last time that the server was heard, also in another life of the page.
    this.line.set({ open: false, heard_ms: await this.kept<number>("heard_ms") });
    for (const tap of ["pointerdown", "keydown"] as const) addEventListener(tap, () => void this.sound.unlock().then(() => this.phone.tellFacts()), { once: true });
    if (session) {
      this.person_id = session.person.id;
      this.session.set({ state: "signed_in", session });
    }
    this.book.watch(() => void this.store.keep("book", this.book.get()).catch(() => undefined));
    this.book.watch(() => this.fetchOfficesOfAlarms());
    if ((await this.refreshSession()) === "silent" && !session) this.entering.again();
    if (this.session.get().state === "signed_in") void this.fetchAlarms();
    for (const happening of ["online", "pageshow"] as const) addEventListener(happening, this.wake);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.wake());
    this.listenToWorker();
    this.shareSilence();
    void this.usb.start();
  }

  readonly wake = (): void => {
    if (this.session.get().state !== "signed_in") return void this.refreshSession();
    this.live.replace();
    this.updates.ask();
    // A proxy may let no socket through, and still answer questions.
    void this.fetchAlarms();
    // Also what another tab has kept and did not live to send.
    void this.outbox.start();
    void this.phone.sendWaiting();
    // A session ends while nobody looks; in key mode somebody may have signed in in another tab.
    if (this.byKey() || Date.now() - this.asked_ms > session_again_ms) return void this.refreshSession();
    void this.phone.sync();
  };

  /** Asked to go somewhere by a tap on a notification. Set by what knows the app's addresses. */
  onOpen: (path: string) => void = (path) => location.assign(path);

  /** Two windows of one machine are one desk: what somebody has silenced in one must not go on in the other. */
  private shareSilence(): void {
    if (!("BroadcastChannel" in window)) return;
    const channel = new BroadcastChannel("varde-silenced");
    let heard: ReadonlySet<string> = new Set();
    channel.onmessage = ({ data }: MessageEvent<string[]>) => this.silenced.set((heard = new Set([...this.silenced.get(), ...data])));
    this.silenced.watch(() => this.silenced.get() !== heard && channel.postMessage([...this.silenced.get()]));
  }

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

  async refreshSession(): Promise<Answered> {
    const answer = await get<Session>("/api/session");
    this.asked_ms = Date.now();
    const remembered = this.session.get().session;
    const refused = answer.status === 401 || answer.status === 403;
    if (answer.ok && answer.body) this.signedIn(answer.body);
    else if (refused || !remembered) this.signedOut();
    else this.signedIn(remembered);
    return refused || answer.body?.tier === "key" ? "out" : answer.ok && answer.body ? "in" : "silent";
  }

  /** The line's other end does not know who we are: asked at once, but not again and again. */
  private sentAway(): void {
    const lately = Date.now() - this.sent_away_ms < sent_away_again_ms;
    this.sent_away_ms = Date.now();
    setTimeout(() => void this.refreshSession(), lately ? sent_away_again_ms : 0);
  }

  /** Nobody is signed in: the phone speaks for its owner. */
  private byKey(): boolean {
    return this.session.get().session?.tier === "key";
  }

  /** The phone may raise and answer for this person from now on, whether anybody is signed in or not. */
  private async enrol(person_id: string): Promise<void> {
    if (Date.now() - this.enrolled_ms < enrol_again_ms) return;
    const before = await this.key.owner();
    if (before !== null && before !== person_id) await this.giveUpKey();
    const key = await this.key.prepare(person_id);
    if (!key) return;
    const about = await this.phone.about();
    const answer = await askSigned("PUT", "/api/keys", { public_key: key.public_key, phone_id: about.id, label: about.label }, key.sign);
    if (!answer.ok) return;
    this.enrolled_ms = Date.now();
    await this.key.enrolled();
  }

  /** This phone is somebody else's now, or nobody's. */
  private async giveUpKey(): Promise<void> {
    this.enrolled_ms = -Infinity;
    await askSigned("DELETE", "/api/keys", undefined, async (...what) => (await this.key.sign(...what)) ?? "");
    await this.key.forget();
  }

  /** The office has taken this phone away, or nobody has used it for months. What it has not sent yet is kept: a cry for help above all. */
  private async phoneTakenAway(): Promise<void> {
    await this.key.forget();
    this.book.set(emptyBook);
    this.visits.set({ visits: [], at_ms: null });
    this.signedOut();
    await this.store.forgetKept().catch(() => undefined);
  }

  /** Only the session ends: the phone still raises and answers. */
  async lock(): Promise<void> {
    await remove("/api/session");
    await this.refreshSession();
  }

  /** Signs this phone off for good. */
  async signOut(): Promise<void> {
    await this.phone.signOff();
    await this.giveUpKey();
    await remove("/api/session");
    await this.forgetPerson();
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
    if (answer.ok) this.unread.set(unreadIn(answer.body, snapshot) > 0);
    if (!snapshot) return;
    const next = withFetched(this.book.get(), snapshot);
    if (next) this.book.set(next);
    else if (this.line.get().open) this.live.replace();
    else this.book.set(withSnapshot(this.book.get(), snapshot));
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

  /** Read by the screens that plan and show drills; the worker's shell does not need it. */
  async fetchCatalogue(): Promise<void> {
    const answer = await get<Catalogue>("/api/exercises");
    if (answer.ok && answer.body) this.catalogue.set(answer.body);
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
    signFirst(session.tier === "key");
    this.session.set({ state: "signed_in", session });
    void (other ? this.store.forgetAll().catch(() => undefined) : Promise.resolve()).then(() => this.keep("session", session));
    this.live.start();
    void this.outbox.start();
    void this.phone.sendWaiting();
    if (session.tier !== "key") {
      void this.phone.sync();
      void this.enrol(session.person.id);
    }
    void this.fetchContent(session);
    this.stopVisits ??= every(visits_every_ms, () => void this.fetchVisits());
  }

  private signedOut(): void {
    signFirst(false);
    this.live.stop();
    this.stopVisits?.();
    this.stopVisits = null;
    this.session.set({ state: "signed_out", session: null });
  }

  private async fetchContent(session: Session): Promise<void> {
    const content = await get<Content>("/api/content");
    if (content.ok && content.body) {
      this.content.set(content.body);
      await this.keep("content", content.body);
    }
    for (const office of session.offices) {
      await this.fetchOffice(office.id);
      if (session.tier !== "key") void this.fetchNow(office.id);
    }
    this.fetchOfficesOfAlarms();
    if (session.tier !== "key") await this.fetchChecklist();
  }

  /** What an alarm there needs off line: the cards and the drawings. */
  private async fetchOffice(office_id: string): Promise<void> {
    this.asked.add(office_id);
    const path = `/api/offices/${encodeURIComponent(office_id)}`;
    const [cards, place] = await Promise.all([get<OfficeCards>(`${path}/cards`), get<OfficePlace>(`${path}/place`)]);
    if (cards.ok && cards.body) this.cards.set({ ...this.cards.get(), [office_id]: cards.body });
    if (place.ok && place.body) this.places.set({ ...this.places.get(), [office_id]: place.body });
    // An old server has no drawings; only what did not come through is asked for again.
    if (cards.status === 0) this.asked.delete(office_id);
    await this.keep("cards", this.cards.get());
    await this.keep("places", this.places.get());
  }

  /** A neighbour who is called has not had that office's cards before. */
  private fetchOfficesOfAlarms(): void {
    for (const { office_id } of openOnes(this.book.get().alarms)) {
      if (office_id && !this.asked.has(office_id)) void this.fetchOffice(office_id);
    }
  }

  private lineIs(open: boolean, heard_ms: number | null): void {
    const before = this.line.get();
    this.line.set({ open, heard_ms: heard_ms ?? before.heard_ms });
    if (heard_ms !== null && heard_ms !== before.heard_ms) void this.keep("heard_ms", heard_ms);
  }

  private take(frame: Frame): void {
    if ("server_time" in frame && this.clock.skew_ms() === 0) {
      const heard_ms = Date.now();
      this.clock.sample({ sent_ms: heard_ms - 1000, heard_ms, server_ms: Date.parse(frame.server_time) - 500 });
    }
    if (frame.type === "now") void this.fetchNow(frame.office_id);
    if (frame.type === "visits" || frame.type === "welcome") void this.fetchVisits();
    if (frame.type === "drills" || frame.type === "welcome") this.drillsRung.set(this.drillsRung.get() + 1);
    if (frame.type === "configuration") setTimeout(() => void this.fetchEverything(), Math.random() * spread_ms);
    this.book.set(withFrame(this.book.get(), frame));
    if (frame.type !== "welcome") return;
    this.updates.serverSpeaks(frame.protocol);
    this.outbox.sendAll();
  }

  private async keep(name: string, value: unknown): Promise<void> {
    await this.store.keep(name, value).catch(() => undefined);
  }

  private async kept<T>(name: string): Promise<T | null> {
    return this.store.kept<T>(name).catch(() => null);
  }
}
