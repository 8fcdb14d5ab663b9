// What a phone signs with its own key, and the header that carries it: see docs/api.md, "The phone's own key".
export interface Signing {
  method: string;
  /** Path and query as they are sent. */
  target: string;
  at_ms: number;
  nonce: string;
  /** SHA-256 of the body, hex. */
  body_digest: string;
}

export function signedText({ method, target, at_ms, nonce, body_digest }: Signing): string {
  return ["varde-key", method, target, at_ms, nonce, body_digest].join("\n");
}

export function header(key_id: string, signing: Signing, signature: string): string {
  return `Varde ${key_id}.${signing.at_ms}.${signing.nonce}.${signature}`;
}

export function base64url(bytes: ArrayBuffer | Uint8Array): string {
  const raw = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  return btoa(String.fromCharCode(...raw)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** How far the server's clock is ahead of this phone's, from what it said when it refused. */
export function clockDifference_ms(server_time: unknown, now_ms: number): number | null {
  const server_ms = typeof server_time === "string" ? Date.parse(server_time) : NaN;
  return Number.isFinite(server_ms) ? server_ms - now_ms : null;
}
