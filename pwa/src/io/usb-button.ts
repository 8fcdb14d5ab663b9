// A USB button on the desk, where the browser lets a page listen to one (WebHID): chosen once, taught once, remembered by this machine.
import { isPress, learn, type UsbLesson, type UsbReport } from "../core/usb-rules";
import { Observable } from "./observable";
import { after } from "./steady";

interface HidDevice extends EventTarget {
  readonly opened: boolean;
  readonly vendorId: number;
  readonly productId: number;
  readonly productName: string;
  open(): Promise<void>;
  close(): Promise<void>;
  forget?(): Promise<void>;
}

interface Hid extends EventTarget {
  getDevices(): Promise<HidDevice[]>;
  requestDevice(options: { filters: object[] }): Promise<HidDevice[]>;
}

interface Remembered {
  vendorId: number;
  productId: number;
  productName: string;
  lesson: UsbLesson;
}

/**
 * unable: this browser has no such thing. listening, press_now, press_again: being taught. ready: a press is real. testing: the next press
 * is a test. not_heard: taught in vain. lost: it was there, and is not heard any more.
 */
export type UsbState = {
  name: "unable" | "none" | "listening" | "press_now" | "press_again" | "ready" | "testing" | "not_heard" | "lost";
  product: string;
  /** When a test press last came through, by this machine's clock. */
  tested_ms: number | null;
};

const place = "varde.usb";
const chatter_ms = 1200;
const patience_ms = 20_000;
/** After the press is seen: time to let go, so that letting go is known too. */
const release_ms = 1500;
const test_ms = 120_000;

export class UsbButton {
  readonly state = new Observable<UsbState>({ name: "none", product: "", tested_ms: null });
  /** What a real press does. */
  onPress: () => void = () => undefined;
  private device: HidDevice | null = null;
  private lesson: UsbLesson | null = null;
  private heard: UsbReport[] = [];
  private last = new Map<number, readonly number[]>();
  private off: () => void = () => undefined;
  private readonly hid = (navigator as { hid?: Hid }).hid;

  /** Finds the one that this machine knows; the browser has kept the permission. */
  async start(): Promise<void> {
    if (!this.hid) return this.say("unable");
    this.hid.addEventListener("connect", () => void this.find());
    this.hid.addEventListener("disconnect", (event) => {
      if ((event as Event & { device?: HidDevice }).device === this.device) this.lose();
    });
    await this.find();
  }

  /** From a tap, or the browser refuses. */
  async choose(): Promise<void> {
    const [chosen] = (await this.hid?.requestDevice({ filters: [] }).catch(() => [])) ?? [];
    if (!chosen) return;
    await this.listenTo(chosen);
    if (this.device) this.teach();
  }

  teach(): void {
    this.heard = [];
    this.say("listening");
    this.later(chatter_ms, () => {
      const before = this.heard;
      this.heard = [];
      this.say("press_now");
      this.later(patience_ms, () => this.giveUp());
      this.whenHeard = () => {
        if (this.state.get().name !== "press_now" || !learn(before, this.heard)) return;
        this.whenHeard = () => undefined;
        this.later(release_ms, () => {
          this.lesson = learn(before, this.heard);
          this.say("press_again");
          this.later(patience_ms, () => this.giveUp());
        });
      };
    });
  }

  /** Taught in vain: what was taught before holds, or the desk would be without its button until somebody saw that. */
  private giveUp(): void {
    if (this.remembered()) this.stop();
    else this.say("not_heard");
  }

  /** The next press is a test, for two minutes. */
  test(): void {
    if (this.state.get().name !== "ready") return;
    this.say("testing");
    this.later(test_ms, () => this.say("ready"));
  }

  /** Ends a teaching or a test; what was taught before stays. */
  stop(): void {
    this.off();
    this.lesson = this.remembered()?.lesson ?? null;
    this.say(this.lesson && this.device ? "ready" : "none");
  }

  async forget(): Promise<void> {
    this.off();
    const device = this.device;
    this.device = null;
    this.lesson = null;
    localStorage.removeItem(place);
    this.say("none");
    await device?.close().catch(() => undefined);
    await device?.forget?.().catch(() => undefined);
  }

  private async find(): Promise<void> {
    const known = this.remembered();
    if (!known || !this.hid || this.device) return;
    const there = await this.hid.getDevices().catch(() => []);
    const mine = there.find((one) => one.vendorId === known.vendorId && one.productId === known.productId);
    this.lesson = known.lesson;
    if (mine) await this.listenTo(mine);
    this.say(this.device ? "ready" : "lost", known.productName);
  }

  private async listenTo(device: HidDevice): Promise<void> {
    try {
      if (!device.opened) await device.open();
    } catch {
      // Another program holds it: not heard is not heard, whatever the cause.
      return this.say("lost", device.productName);
    }
    this.device = device;
    this.last.clear();
    device.addEventListener("inputreport", (event) => {
      if (device !== this.device) return;
      const { reportId, data } = event as Event & { reportId: number; data: DataView };
      this.hear({ id: reportId, bytes: [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)] });
    });
  }

  private whenHeard: () => void = () => undefined;

  private hear(report: UsbReport): void {
    const last = this.last.get(report.id) ?? null;
    this.last.set(report.id, report.bytes);
    const { name } = this.state.get();
    if (name === "listening" || name === "press_now") {
      this.heard.push(report);
      // A device that chatters for twenty seconds must not fill the memory.
      if (this.heard.length > 2000) this.heard.shift();
      return this.whenHeard();
    }
    if (!this.lesson || !isPress(this.lesson, last, report)) return;
    if (name === "press_again") return this.learnt();
    if (name === "testing") return this.tested();
    if (name === "ready") this.onPress();
  }

  private learnt(): void {
    const device = this.device;
    if (!device || !this.lesson) return;
    const { vendorId, productId, productName } = device;
    localStorage.setItem(place, JSON.stringify({ vendorId, productId, productName, lesson: this.lesson } satisfies Remembered));
    this.tested();
  }

  private tested(): void {
    this.off();
    this.state.set({ ...this.state.get(), name: "ready", tested_ms: Date.now() });
  }

  private lose(): void {
    this.off();
    const product = this.device?.productName ?? "";
    this.device = null;
    // One that was never taught is simply gone.
    this.say(this.remembered() ? "lost" : "none", product);
  }

  private say(name: UsbState["name"], product = this.device?.productName ?? this.state.get().product): void {
    this.off();
    this.state.set({ ...this.state.get(), name, product });
  }

  private later(wait_ms: number, action: () => void): void {
    this.off();
    this.off = after(wait_ms, action);
  }

  private remembered(): Remembered | null {
    try {
      return JSON.parse(localStorage.getItem(place) ?? "null") as Remembered | null;
    } catch {
      return null;
    }
  }
}
