// Asks the server over HTTP; every answer is a value, and no answer is an answer too.
export interface Answer<T> {
  ok: boolean;
  /** 0: the server did not answer in time, or there is no network. */
  status: number;
  reason: string | null;
  body: T | null;
}

const patience_ms = 8000;

export async function ask<T>(method: string, path: string, body?: unknown, keepalive = false): Promise<Answer<T>> {
  try {
    const response = await fetch(path, {
      method,
      credentials: "same-origin",
      cache: "no-cache",
      keepalive,
      signal: AbortSignal.timeout(patience_ms),
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
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

function wordOf(body: unknown, name: string): string | null {
  const value = typeof body === "object" && body !== null ? (body as Record<string, unknown>)[name] : null;
  return typeof value === "string" ? value : null;
}

export const get = <T>(path: string) => ask<T>("GET", path);
export const post = <T>(path: string, body: unknown) => ask<T>("POST", path, body, true);
export const put = <T>(path: string, body: unknown) => ask<T>("PUT", path, body);
export const remove = <T>(path: string) => ask<T>("DELETE", path);
