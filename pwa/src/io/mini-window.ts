// A small window for the desk that stays in sight beside other programs: floating above them where the browser can do that, else a popup.
import { Observable } from "./observable";

interface PictureInPicture {
  requestWindow(options: { width: number; height: number; disallowReturnToOpener?: boolean }): Promise<Window>;
}

/** `failed`: why there is none: the browser blocked the popup. */
export type MiniState = { name: "closed"; failed: boolean } | { name: "open"; window: Window; floats: boolean };

const size = { width: 340, height: 400 };

export class MiniWindow {
  readonly state = new Observable<MiniState>({ name: "closed", failed: false });

  /** From a tap, or the browser refuses. */
  async open(): Promise<void> {
    const now = this.state.get();
    if (now.name === "open") return now.window.focus();
    const floating = await this.floating();
    const made = floating ?? window.open("", "varde-mini", `popup,width=${size.width},height=${size.height}`);
    if (!made) return this.state.set({ name: "closed", failed: true });
    dress(made.document);
    const gone = () => this.state.set({ name: "closed", failed: false });
    made.addEventListener("pagehide", gone);
    // A page that goes takes its small window with it: an empty one would look like a light that is out.
    addEventListener("pagehide", () => made.close(), { once: true });
    this.state.set({ name: "open", window: made, floats: floating !== null });
  }

  close(): void {
    const now = this.state.get();
    if (now.name === "open") now.window.close();
  }

  private async floating(): Promise<Window | null> {
    const { documentPictureInPicture: api } = window as { documentPictureInPicture?: PictureInPicture };
    return (await api?.requestWindow(size).catch(() => null)) ?? null;
  }
}

/** The app's own look: its style sheets, and its language and theme, also when they change. */
function dress(small: Document): void {
  small.head.replaceChildren();
  small.body.replaceChildren();
  small.title = "Varde";
  for (const sheet of document.querySelectorAll('link[rel="stylesheet"], style')) small.head.append(small.importNode(sheet, true));
  const copy = () => {
    const { lang, className } = document.documentElement;
    Object.assign(small.documentElement, { lang, className });
    small.documentElement.dataset["theme"] = document.documentElement.dataset["theme"];
  };
  copy();
  new MutationObserver(copy).observe(document.documentElement, { attributeFilter: ["lang", "class", "data-theme"] });
}
