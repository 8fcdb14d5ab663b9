// This phone towards web push: asks, subscribes, signs up at every start, tests, and lets go at sign-out.
import { labelOf, platformOf, type KnownPhone, type PhoneFacts, type Platform } from "../core/phone";
import type { Language } from "../core/session-contract";
import { uuid7 } from "../core/uuid7";
import { get, post, put, remove } from "./api";
import { Observable } from "./observable";
import { openWorkerMemory, type PhoneIdentity, type WorkerMemory } from "./worker-memory";

interface PushAnswer {
  key: string | null;
  sms: boolean;
  phones: KnownPhone[];
}

/** `waiting`: taken by the push service, and not shown yet. */
export type TestState = "none" | "sending" | "waiting" | "shown" | "not_shown" | "not_taken" | "too_soon";

/** Signing up again says nothing new; a phone that is opened and shut all day need not say it each time. */
const again_ms = 30_000;
const test_patience_ms = 30_000;
const look_every_ms = 1000;
const subscribe_patience_ms = 15_000;

export class PushPhone {
  readonly facts = new Observable<PhoneFacts | null>(null);
  readonly test = new Observable<TestState>("none");
  private memory: Promise<WorkerMemory> | null = null;
  private language: Language = "nb";
  private failed = false;
  private server: PhoneFacts["server"] = null;
  private key: string | null = null;
  private signedUp_ms = -Infinity;
  private at_work: Promise<void> = Promise.resolve();
  private looking: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly soundOn: () => boolean) {
    void this.watchPermission();
  }

  /** The worker speaks the language of the app, and so do the pushes. */
  speak(language: Language): void {
    if (language === this.language && this.memory) return;
    this.language = language;
    void this.remembered().then((memory) => memory.keep("language", language)).catch(() => undefined);
    if (this.server) void this.sync(true);
  }

  /** It may be taken away in the phone's own settings while the app is in sight. */
  private async watchPermission(): Promise<void> {
    try {
      const permission = await navigator.permissions.query({ name: "notifications" });
      permission.onchange = () => this.facts.get() && void this.sync(true);
    } catch {
      // Elsewhere it is seen when the app is taken up again.
    }
  }

  /** At each start, resume and sign-in: a subscription may have vanished without a word. One at a time. */
  sync(now = false): Promise<void> {
    this.at_work = this.at_work.then(() => this.signUp(now)).catch(() => undefined);
    return this.at_work;
  }

  /** From a tap: only then may a page ask. */
  async allow(): Promise<void> {
    if (able()) await Notification.requestPermission().catch(() => "denied");
    this.failed = false;
    await this.sync(true);
  }

  /** Sends a visible test message to this phone, and waits until it says that it has shown it. */
  async tryIt(): Promise<void> {
    clearTimeout(this.looking);
    this.test.set("sending");
    await this.sync(true);
    const { id } = await this.identity();
    const before = this.known(id)?.shown_at ?? null;
    const answer = await post<{ word: string; sent: boolean }>(`/api/push/phones/${id}/test`, {});
    if (!answer.ok || !answer.body?.sent) {
      await this.look();
      return this.test.set(answer.body?.word === "too_soon" ? "too_soon" : "not_taken");
    }
    this.test.set("waiting");
    this.waitForIt(id, before, Date.now() + test_patience_ms);
  }

  /** Whoever takes this phone next must not get the last one's alarms. */
  async signOff(): Promise<void> {
    clearTimeout(this.looking);
    const { id } = await this.identity();
    await remove(`/api/push/phones/${id}`);
    await (await subscription())?.unsubscribe().catch(() => false);
    this.server = null;
    this.signedUp_ms = -Infinity;
    this.test.set("none");
    await this.tellFacts();
  }

  /** What is known without asking anybody. */
  here(): { platform: Platform; installed: boolean } {
    return { platform: platformOf(navigator.userAgent, navigator.maxTouchPoints), installed: isInstalled() };
  }

  /** How this phone is called towards the server and for people. */
  async about(): Promise<{ id: string; label: string }> {
    return { id: (await this.identity()).id, label: labelOf(navigator.userAgent, navigator.maxTouchPoints, isInstalled()) };
  }

  /** What waits to be sent from the lock screen goes now. */
  async sendWaiting(): Promise<void> {
    const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
    registration?.active?.postMessage({ type: "send_waiting" });
  }

  private async signUp(now: boolean): Promise<void> {
    if (!now && Date.now() - this.signedUp_ms < again_ms) return this.tellFacts();
    await this.look();
    if (this.key && able() && Notification.permission === "granted") {
      // The push service has given it up: what the browser still holds is of no use.
      if (this.server?.known?.health === "dead") await (await subscription())?.unsubscribe().catch(() => false);
      const given = await this.subscribed(this.key);
      if (given) await this.tell(given);
    }
    await this.tellFacts();
  }

  private async tell(given: PushSubscription): Promise<void> {
    const phone = await this.identity();
    const installed = isInstalled();
    const label = labelOf(navigator.userAgent, navigator.maxTouchPoints, installed);
    const answer = await put<KnownPhone>(`/api/push/phones/${phone.id}`, { subscription: given.toJSON(), secret: phone.secret, language: this.language, label });
    if (answer.reason === "not_this_phone") return this.forgetIdentity();
    if (answer.reason === "unknown_push_service" || answer.reason === "bad_keys") this.failed = true;
    if (!answer.ok || !answer.body) return;
    this.signedUp_ms = Date.now();
    if (this.server) this.server = { ...this.server, known: answer.body };
  }

  /** The subscription there is, or a new one; one that was made with another server's key is of no use. */
  private async subscribed(key: string): Promise<PushSubscription | null> {
    try {
      const registration = await inTime(navigator.serviceWorker.ready, subscribe_patience_ms);
      if (!registration) return null;
      const there = await registration.pushManager.getSubscription();
      if (there && sameKey(there, key)) return there;
      await there?.unsubscribe();
      const fresh = await inTime(registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }), subscribe_patience_ms);
      this.failed = fresh === null;
      return fresh;
    } catch {
      this.failed = true;
      return null;
    }
  }

  private async look(): Promise<void> {
    const answer = await get<PushAnswer>("/api/push");
    if (!answer.ok || !answer.body) {
      this.server = null;
      return;
    }
    const { id } = await this.identity();
    this.key = answer.body.key;
    if (this.key) void this.remembered().then((memory) => memory.keep("push_key", this.key)).catch(() => undefined);
    this.server = { pushes: this.key !== null, sms: answer.body.sms, known: answer.body.phones.find((one) => one.id === id) ?? null };
  }

  private waitForIt(id: string, before: string | null, until_ms: number): void {
    this.looking = setTimeout(() => {
      void this.look().then(async () => {
        await this.tellFacts();
        const shown_at = this.known(id)?.shown_at ?? null;
        if (shown_at !== null && shown_at !== before) return this.test.set("shown");
        if (Date.now() > until_ms) return this.test.set("not_shown");
        this.waitForIt(id, before, until_ms);
      });
    }, look_every_ms);
  }

  private known(id: string): KnownPhone | null {
    return this.server?.known?.id === id ? this.server.known : null;
  }

  async tellFacts(): Promise<void> {
    const ready = able();
    const given = ready ? await subscription() : null;
    this.facts.set({
      ...this.here(),
      able: ready,
      permission: ready ? Notification.permission : "default",
      subscribed: given !== null,
      failed: this.failed,
      server: this.server,
      sound: this.soundOn(),
    });
  }

  private async identity(): Promise<PhoneIdentity> {
    const memory = await this.remembered();
    const known = await memory.kept<PhoneIdentity>("phone").catch(() => null);
    if (known) return known;
    const secret = Array.from(crypto.getRandomValues(new Uint8Array(24)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const made = { id: uuid7(), secret };
    await memory.keep("phone", made).catch(() => undefined);
    return made;
  }

  private async forgetIdentity(): Promise<void> {
    await (await this.remembered()).keep("phone", null).catch(() => undefined);
    this.signedUp_ms = -Infinity;
  }

  private remembered(): Promise<WorkerMemory> {
    return (this.memory ??= openWorkerMemory());
  }
}

function able(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

function isInstalled(): boolean {
  return matchMedia("(display-mode: standalone), (display-mode: fullscreen), (display-mode: minimal-ui)").matches || (navigator as { standalone?: boolean }).standalone === true;
}

async function subscription(): Promise<PushSubscription | null> {
  try {
    const registration = await navigator.serviceWorker.getRegistration();
    return (await registration?.pushManager.getSubscription()) ?? null;
  } catch {
    return null;
  }
}

function sameKey(given: PushSubscription, key: string): boolean {
  const raw = given.options?.applicationServerKey;
  if (!raw) return true; // a browser that does not say: the push service will
  const text = btoa(String.fromCharCode(...new Uint8Array(raw))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return text === key;
}

function inTime<T>(work: Promise<T>, patience_ms: number): Promise<T | null> {
  return Promise.race([work, new Promise<null>((done) => setTimeout(() => done(null), patience_ms))]);
}
