// A newer app, or a server that speaks otherwise: said at once, and acted on when nobody is in the middle of anything.
import { openOnes } from "../core/alarm-rules";
import { connectionOf } from "../core/connection";
import { compare, mayRestart, type ServerSpeaks } from "../core/update-rules";
import { isOut } from "../core/visit-rules";
import { Observable } from "./observable";
import type { Services } from "./services";
import { every } from "./steady";

export interface UpdateState {
  /** A newer app lies ready on this phone, or has taken over in another tab. */
  app: boolean;
  server: ServerSpeaks;
}

const look_every_ms = 3000;
const ask_every_ms = 3_600_000;
/** Where starting anew has brought the same app again, it is not tried again at once: servers are changed one after the other. */
const again_ms = 600_000;
const take_over_patience_ms = 5000;
const started_as = "varde.started_anew";

export class Updates {
  readonly state = new Observable<UpdateState>({ app: false, server: "same" });
  private registration: ServiceWorkerRegistration | null = null;
  private typed_ms = -Infinity;
  private touched_ms = -Infinity;
  private going = false;

  /** What the server says when it welcomes this screen. */
  serverSpeaks(theirs: number | null): void {
    const server = compare(theirs);
    if (server === this.state.get().server) return;
    this.state.set({ ...this.state.get(), server });
    if (server !== "same") this.ask();
  }

  /** `services`: what somebody may be in the middle of. */
  watch(services: Services, registration: ServiceWorkerRegistration | null): void {
    this.registration = registration;
    addEventListener("input", () => (this.typed_ms = Date.now()), { capture: true, passive: true });
    for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => (this.touched_ms = Date.now()), { capture: true, passive: true });
    if (registration) this.watchWorker(registration);
    every(ask_every_ms, () => this.ask());
    every(look_every_ms, () => {
      const { app, server } = this.state.get();
      if ((app || (server !== "same" && !this.lately())) && mayRestart(this.busy(services))) this.restart();
    });
  }

  /** Whether there is a newer app: asked when the phone is taken up, and each hour. */
  ask(): void {
    void this.registration?.update().catch(() => undefined);
  }

  /** Also from a button: whoever taps it has seen that no alarm is open. */
  restart(): void {
    if (this.going) return;
    this.going = true;
    sessionStorage.setItem(started_as, String(Date.now()));
    const waiting = this.registration?.waiting;
    if (!waiting) return location.reload();
    waiting.postMessage({ type: "take_over" });
    // A worker that does not take over must not keep the page from starting anew.
    setTimeout(() => location.reload(), take_over_patience_ms);
  }

  private watchWorker(registration: ServiceWorkerRegistration): void {
    const ready = () => this.state.set({ ...this.state.get(), app: true });
    const look = (worker: ServiceWorker | null) => worker?.addEventListener("statechange", () => worker.state === "installed" && registration.active && ready());
    if (registration.waiting && registration.active) ready();
    look(registration.installing);
    registration.addEventListener("updatefound", () => look(registration.installing));
    const before = navigator.serviceWorker.controller;
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      if (this.going) location.reload();
      // Another tab has let it in. What this one still needs of the old app is kept: see `sw/shell.ts`.
      else if (before !== null) ready();
    });
  }

  private lately(): boolean {
    return Date.now() - Number(sessionStorage.getItem(started_as) ?? 0) < again_ms;
  }

  private busy(services: Services) {
    const now_ms = Date.now();
    return {
      alarms: openOnes(services.book.get().alarms).length,
      unsent: services.sos.shown.get().state.name !== "idle" || services.outbox.taps.get().some((one) => one.state === "waiting"),
      out: services.visits.get().visits.some((visit) => visit.mine && isOut(visit)),
      small_window: services.mini.state.get().name === "open",
      connected: connectionOf(services.line.get(), now_ms) === "connected",
      visible: document.visibilityState === "visible",
      typed_ms: this.typed_ms, touched_ms: this.touched_ms, now_ms,
    };
  }
}
