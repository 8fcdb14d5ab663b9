// The live line: one socket at a time, resumed by number, dropped when silent, replaced when in doubt.
import { isBehind } from "../core/alarm-book";
import { backOff_s, silence_limit_s } from "../core/connection";
import { readFrame, unreadIn, type Frame, type Sequence } from "../core/contract";
import type { Surface } from "../core/session-contract";
import { after } from "./steady";

/** The part of a browser's WebSocket that is used here, so that tests can be the other end. */
export interface Socket {
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  onerror: ((event: Event) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface LiveParts {
  connect: () => Socket;
  cursor: () => { epoch: string | null; seq: Readonly<Sequence> };
  surface: () => { surface: Surface; zone_id: string | null };
  /** What this phone's own key says, where nobody is signed in. */
  key?: () => Promise<string | null>;
  alarmOpen: () => boolean;
  onFrame: (frame: Frame) => void;
  onLine: (open: boolean, heard_ms: number | null) => void;
  onPong: (sample: { sent_ms: number; heard_ms: number; server_ms: number }) => void;
  /** An alarm has come that this app cannot read. */
  onUnread: () => void;
  /** The server says that nobody is signed in. */
  onSignedOut: () => void;
  /** A heartbeat named changes that have not come: they are fetched over HTTP. */
  onBehind: () => void;
  random?: () => number;
}

const connect_patience_ms = 8000;
const ping_every_ms = 10_000;
/** A frame that is on its way may be overtaken by a heartbeat; this much later it is missing. */
const behind_patience_ms = 2000;
const signed_out = 4401;

export class LiveClient {
  private socket: Socket | null = null;
  private open = false;
  private stopped = true;
  private attempt = 0;
  private heard_ms: number | null = null;
  private pings = new Map<number, number>();
  private pingNumber = 0;
  /** Something on this line could not be read: nothing more on it is said to be drawn. */
  private unread = false;
  private timers: Partial<Record<"silence" | "ping" | "retry" | "behind", () => void>> = {};

  constructor(private readonly parts: LiveParts) {}

  start(): void {
    this.stopped = false;
    this.replace();
  }

  stop(): void {
    this.stopped = true;
    this.letGo();
    this.clear("retry");
  }

  /** An old socket may say that it is open and be dead: after sleep, only a new one proves anything. */
  readonly replace = (): void => {
    if (this.stopped) return;
    this.letGo();
    this.clear("retry");
    this.unread = false;
    const socket = this.parts.connect();
    this.socket = socket;
    socket.onopen = () => void (this.mine(socket) && this.hello(socket));
    socket.onmessage = (event) => this.mine(socket) && this.heard(event.data);
    socket.onerror = () => undefined;
    socket.onclose = (event) => this.mine(socket) && this.lost(event.code);
    this.set("silence", () => this.lost(), connect_patience_ms);
  };

  /** Everything up to here is drawn on the screen; this stops the ladder, so it is never said before. */
  got(seq: Readonly<Sequence>): void {
    if (!this.unread) this.say({ type: "got", seq });
  }

  seen(alarm_id: string): void {
    this.say({ type: "seen", alarm_id });
  }

  private mine(socket: Socket): boolean {
    return this.socket === socket;
  }

  private async hello(socket: Socket): Promise<void> {
    const say = (key: string | null) => {
      const { epoch, seq } = this.parts.cursor();
      socket.send(JSON.stringify({ type: "hello", epoch, seq, ...this.parts.surface(), ...(key ? { key } : {}) }));
    };
    if (!this.parts.key) return say(null);
    const key = await this.parts.key().catch(() => null);
    if (this.mine(socket)) say(key);
  }

  private heard(data: unknown): void {
    const heard_ms = Date.now();
    this.heard_ms = heard_ms;
    this.set("silence", () => this.lost(), silence_limit_s * 1000);
    const raw = parse(data);
    const frame = readFrame(raw);
    if (unreadIn(raw, frame && "alarms" in frame ? frame : null) > 0) {
      this.unread = true;
      this.parts.onUnread();
    }
    if (frame?.type === "welcome") this.welcomed();
    this.parts.onLine(this.open, heard_ms);
    if (!frame) return;
    if (frame.type === "pong") this.pong(frame.n, Date.parse(frame.server_time), heard_ms);
    else if (frame.type === "proof") this.say({ type: "proof", id: frame.id }); // the daily proof: answered at once, and nothing is shown
    else this.parts.onFrame(frame);
    if (frame.type === "heartbeat") this.compare(frame.seq);
  }

  private welcomed(): void {
    this.open = true;
    this.attempt = 0;
    this.ping();
  }

  private ping(): void {
    this.pings.clear();
    this.pings.set(++this.pingNumber, Date.now());
    this.say({ type: "ping", n: this.pingNumber });
    this.set("ping", () => this.ping(), ping_every_ms);
  }

  private pong(number: number, server_ms: number, heard_ms: number): void {
    const sent_ms = this.pings.get(number);
    this.pings.delete(number);
    if (sent_ms !== undefined) this.parts.onPong({ sent_ms, heard_ms, server_ms });
  }

  private compare(theirs: Sequence): void {
    if (!isBehind(this.parts.cursor().seq, theirs)) return this.clear("behind");
    if (this.timers.behind) return;
    this.set("behind", () => isBehind(this.parts.cursor().seq, theirs) && this.parts.onBehind(), behind_patience_ms);
  }

  private lost(code?: number): void {
    const welcomed = this.open;
    this.letGo();
    if (code === signed_out) {
      this.stopped = true;
      return this.parts.onSignedOut();
    }
    if (this.stopped) return;
    // A proxy may let no socket through, and still answer questions.
    if (!welcomed) this.parts.onBehind();
    const wait_s = backOff_s(++this.attempt, this.parts.alarmOpen(), this.parts.random);
    this.set("retry", this.replace, wait_s * 1000);
  }

  private letGo(): void {
    const socket = this.socket;
    this.socket = null;
    this.open = false;
    for (const name of ["silence", "ping", "behind"] as const) this.clear(name);
    this.parts.onLine(false, this.heard_ms);
    try {
      socket?.close();
    } catch {
      // A socket that cannot be closed is forgotten: whatever it still says is not listened to.
    }
  }

  private say(message: object): void {
    if (!this.open) return;
    try {
      this.socket?.send(JSON.stringify(message));
    } catch {
      this.lost();
    }
  }

  private set(name: keyof LiveClient["timers"], action: () => void, wait_ms: number): void {
    this.clear(name);
    this.timers[name] = after(wait_ms, () => {
      delete this.timers[name];
      action();
    });
  }

  private clear(name: keyof LiveClient["timers"]): void {
    this.timers[name]?.();
    delete this.timers[name];
  }
}

function parse(data: unknown): unknown {
  try {
    return JSON.parse(String(data));
  } catch {
    return null;
  }
}
