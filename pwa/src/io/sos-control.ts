// One cry for help at a time for the whole app: it is counted here, so that no change of screen can stop it unseen.
import { idle, sosStep, type SosEvent, type SosState } from "../core/sos-machine";
import { buzz } from "./device";
import { Observable } from "./observable";
import { every } from "./steady";

type Untimed<E> = E extends unknown ? Omit<E, "at_ms"> : never;

export interface SosShown {
  state: SosState;
  now_ms: number;
  /** The last one was stopped before it was sent. */
  stopped: boolean;
}

const tick_ms = 50;

export class SosControl {
  readonly shown = new Observable<SosShown>({ state: idle, now_ms: 0, stopped: false });
  private send: () => void = () => undefined;
  private stopTicking: () => void = () => undefined;

  constructor(private readonly now_ms: () => number = () => performance.now()) {}

  /** `send`: what to do when it is through; that of the button with which it began holds. */
  step(event: Untimed<SosEvent>, send?: () => void): void {
    const at_ms = this.now_ms();
    const { state: before, stopped } = this.shown.get();
    const after = sosStep(before, { ...event, at_ms } as SosEvent);
    if (before.name === "idle" && after.name !== "idle") {
      if (send) this.send = send;
      buzz("begun");
      this.watch(true);
    }
    const over = after.name === "sent" || after.name === "idle";
    if (before.name !== "idle" && over) this.watch(false);
    const aborted = before.name !== "idle" && after.name === "idle";
    this.shown.set({ state: after.name === "sent" ? idle : after, now_ms: at_ms, stopped: aborted || (stopped && over) });
    if (after.name === "sent") {
      buzz("sent");
      this.send();
    }
  }

  private watch(on: boolean): void {
    this.stopTicking();
    if (on) this.stopTicking = every(tick_ms, () => this.step({ name: "time" }));
    const change = on ? "addEventListener" : "removeEventListener";
    document[change]("keydown", this.onKey);
    document[change]("visibilitychange", this.onSight);
  }

  private readonly onKey = (event: Event): void => {
    if ((event as KeyboardEvent).key === "Escape") this.step({ name: "abort" });
  };

  /** A locked phone stops timers: what is left of the time when it comes back says nothing about what the thumb did. */
  private readonly onSight = (): void => {
    if (document.visibilityState === "visible") this.step({ name: "back" });
  };
}
