// The browser's own offer to install the app: kept from when it comes, since it comes once, until somebody taps.
import { Observable } from "./observable";

interface Offer extends Event {
  prompt(): Promise<{ outcome: "accepted" | "dismissed" }>;
}

/** `none`: this browser offers nothing, or not now; what to tap is then shown in drawings. */
export type InstallState = "none" | "offered" | "installed";

export class Install {
  readonly state = new Observable<InstallState>("none");
  private offer: Offer | null = null;

  constructor() {
    addEventListener("beforeinstallprompt", (event) => {
      event.preventDefault();
      this.offer = event as Offer;
      this.state.set("offered");
    });
    addEventListener("appinstalled", () => this.state.set("installed"));
  }

  /** From a tap: only then may a page ask. An offer can be taken once. */
  async ask(): Promise<void> {
    const offer = this.offer;
    this.offer = null;
    const answer = await offer?.prompt().catch(() => null);
    this.state.set(answer?.outcome === "accepted" ? "installed" : "none");
  }
}

export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
