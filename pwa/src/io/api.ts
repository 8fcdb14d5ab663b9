// Asks the server over HTTP; every answer is a value, and no answer is an answer too. Where nobody is signed in the phone's own key speaks.
import type { PhoneKey } from "./phone-key";

export interface Answer<T> {
  ok: boolean;
  /** 0: the server did not answer in time, or there is no network. */
  status: number;
  reason: string | null;
  body: T | null;
}

const patience_ms = 8000;

/** `first`: nobody is signed in as far as is known, so that signing straight away spares a refusal. `onGone`: the server no longer knows this phone. */
const signing: { key: PhoneKey | null; first: boolean; onGone: () => void } = { key: null, first: false, onGone: () => undefined };

export function signWith(key: PhoneKey, onGone: () => void): void {
  Object.assign(signing, { key, onGone });
}

export function signFirst(first: boolean): void {
  signing.first = first;
}

export async function ask<T>(method: string, path: string, body?: unknown, keepalive = false): Promise<Answer<T>> {
  const text = body === undefined ? "" : JSON.stringify(body);
  const signed = async () => (await signing.key?.sign(method, path, text).catch(() => null)) ?? null;
  let proof = signing.first ? await signed() : null;
  let answer = await once<T>(method, path, text, keepalive, proof);
  if (answer.status === 401 && answer.reason === "not_signed_in" && proof === null) {
    proof = await signed();
    if (proof) answer = await once<T>(method, path, text, keepalive, proof);
  }
  if (answer.status === 401 && answer.reason === "wrong_clock" && signing.key?.learn(fieldOf(answer.body, "server_time"))) {
    answer = await once<T>(method, path, text, keepalive, await signed());
  }
  if (proof && answer.status === 401 && (answer.reason === "unknown_key" || answer.reason === "key_expired")) signing.onGone();
  return answer;
}

/** Signed with a key that the server does not know yet, beside the session. */
export async function askSigned<T>(method: string, path: string, body: unknown, sign: (method: string, target: string, body: string) => Promise<string>): Promise<Answer<T>> {
  const text = body === undefined ? "" : JSON.stringify(body);
  const answer = await once<T>(method, path, text, false, await sign(method, path, text));
  if (answer.reason !== "wrong_clock" || !signing.key?.learn(fieldOf(answer.body, "server_time"))) return answer;
  return once<T>(method, path, text, false, await sign(method, path, text));
}

async function once<T>(method: string, path: string, text: string, keepalive: boolean, proof: string | null): Promise<Answer<T>> {
  try {
    const response = await fetch(path, {
      method,
      credentials: "same-origin",
      cache: "no-cache",
      keepalive,
      signal: AbortSignal.timeout(patience_ms),
      headers: { ...(text === "" ? {} : { "content-type": "application/json" }), ...(proof ? { authorization: proof } : {}) },
      ...(text === "" ? {} : { body: text }),
    });
    const read = await readBody(response);
    const reason = response.ok ? null : wordOf(read, "reason");
    return { ok: response.ok, status: response.status, reason, body: read as T | null };
  } catch {
    return { ok: false, status: 0, reason: null, body: null };
  }
}

/** The app's own page may answer for an address that the server does not know; only JSON counts. */
async function readBody(response: Response): Promise<unknown> {
  if (response.status === 204 || !(response.headers.get("content-type") ?? "").includes("json")) return null;
  try {
    return await response.json();
  } catch {
    return null;
  }
}

function fieldOf(body: unknown, name: string): unknown {
  return typeof body === "object" && body !== null ? (body as Record<string, unknown>)[name] : null;
}

function wordOf(body: unknown, name: string): string | null {
  const value = fieldOf(body, name);
  return typeof value === "string" ? value : null;
}

export const get = <T>(path: string) => ask<T>("GET", path);
export const post = <T>(path: string, body: unknown) => ask<T>("POST", path, body, true);
/** `keepalive`: also where the page is closed at once; only for what is small. */
export const put = <T>(path: string, body: unknown, keepalive = false) => ask<T>("PUT", path, body, keepalive);
export const remove = <T>(path: string) => ask<T>("DELETE", path);
