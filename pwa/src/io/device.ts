// Small things a phone may or may not do: shake, stay awake, keep its storage. None of them is relied on.
import type { Tone } from "../core/alarm-rules";

const patterns: Record<Tone, number[]> = {
  alarm: [500, 150, 500, 150, 500],
  pre_alarm: [250],
  drill: [200, 150, 200],
};

export function shake(tone: Tone | null): void {
  if (!("vibrate" in navigator) || navigator.userActivation?.hasBeenActive === false) return;
  navigator.vibrate(tone ? patterns[tone] : 0);
}

const buzzes = { another: [250, 120, 250, 120, 250], begun: [40], sent: [300], received: [80, 80, 80], unconfirmed: [400, 200, 400], reminder: [200, 100, 200] };

/** What is said to the hand alone: never a sound, which others would hear too. */
export function buzz(what: keyof typeof buzzes): void {
  if ("vibrate" in navigator && navigator.userActivation?.hasBeenActive !== false) navigator.vibrate(buzzes[what]);
}

/** Keeps the screen on while `wanted` says so; asked again each time the page comes back into view. */
export function stayAwake(wanted: () => boolean): () => void {
  let lock: WakeLockSentinel | null = null;
  const check = async () => {
    try {
      if (wanted() && document.visibilityState === "visible") {
        if (!lock || lock.released) lock = await navigator.wakeLock?.request("screen");
      } else if (lock) {
        await lock.release();
        lock = null;
      }
    } catch {
      lock = null;
    }
  };
  document.addEventListener("visibilitychange", check);
  const timer = setInterval(check, 5000);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", check);
    void lock?.release();
  };
}

export async function keepStorage(): Promise<void> {
  try {
    await navigator.storage?.persist?.();
  } catch {
    // The phone may then clear what we keep; nothing but comfort is lost, the server has the truth.
  }
}

/** The number on the app's icon, where there is one: how many alarms are open. */
export function showBadge(count: number): void {
  const device = navigator as { setAppBadge?: (count: number) => Promise<void>; clearAppBadge?: () => Promise<void> };
  void (count > 0 ? device.setAppBadge?.(count) : device.clearAppBadge?.())?.catch(() => undefined);
}

export async function registerServiceWorker(): Promise<ServiceWorkerRegistration | null> {
  try {
    return import.meta.env.PROD ? ((await navigator.serviceWorker?.register("/sw.js")) ?? null) : null;
  } catch {
    return null; // Without a worker the app still runs; it only does not open off line.
  }
}

/** Where the browser can, the worker is woken when the network is back, also when this page is gone by then. */
export async function wakeWorkerOnline(): Promise<void> {
  try {
    const registration = (await navigator.serviceWorker?.getRegistration()) as { sync?: { register(name: string): Promise<void> } } | undefined;
    await registration?.sync?.register("varde-posts");
  } catch {
    // Elsewhere it is sent when the app is opened.
  }
}
