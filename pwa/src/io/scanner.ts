// Reads a QR code with the camera: by the browser itself where it can, else by a library that is fetched only then. Nothing is kept, and nothing is
// sent but the text of the code.
interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
type DetectorClass = new (options: { formats: "qr_code"[] }) => Detector;

const patience_ms = 30_000;
const look_every_ms = 200;

export type Scanned = { code: string } | { code: null; why: "no_camera" | "not_scanned" | "cancelled" };

export function canScan(): boolean {
  return "mediaDevices" in navigator;
}

async function detectorClass(): Promise<DetectorClass> {
  return (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector ?? (await import("qr/decode.js")).BarcodeDetector;
}

/** Shows what the camera sees in `place` until a code is read, `cancelled` says stop, or half a minute has passed. */
export async function scan(place: HTMLElement, cancelled: AbortSignal): Promise<Scanned> {
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    return { code: null, why: "no_camera" };
  }
  const video = document.createElement("video");
  try {
    video.srcObject = stream;
    video.muted = true;
    video.setAttribute("playsinline", "");
    place.replaceChildren(video);
    await video.play();
    const detector = new (await detectorClass())({ formats: ["qr_code"] });
    const until_ms = Date.now() + patience_ms;
    while (!cancelled.aborted && Date.now() < until_ms) {
      const [found] = await detector.detect(video);
      if (found) return { code: found.rawValue };
      await new Promise((done) => setTimeout(done, look_every_ms));
    }
    return { code: null, why: cancelled.aborted ? "cancelled" : "not_scanned" };
  } catch {
    return { code: null, why: cancelled.aborted ? "cancelled" : "not_scanned" };
  } finally {
    video.remove();
    stream.getTracks().forEach((track) => track.stop());
  }
}
