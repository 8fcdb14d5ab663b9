// Keeps the built app on the phone, and never anything that the server's API has said.
declare const __SHELL__: { url: string; revision: string }[];

const prefix = "varde-shell-";

function shellName(): string {
  let sum = 5381;
  for (const { url, revision } of __SHELL__) for (const letter of url + revision) sum = ((sum * 33) ^ letter.charCodeAt(0)) >>> 0;
  return prefix + sum.toString(36);
}

export async function keepShell(): Promise<void> {
  const cache = await caches.open(shellName());
  await cache.addAll(__SHELL__.map(({ url, revision }) => new Request(url, { cache: revision ? "reload" : "default" })));
}

/** The one before is kept: a page of it may stand in another tab, in the middle of an alarm, and has not yet fetched all its parts. */
export async function dropOldShells(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== shellName());
  await Promise.all(old.slice(0, -1).map((name) => caches.delete(name)));
}

/** Null: the browser asks the server itself. That holds for everything under /api, always. */
export function fromShell(request: Request, origin: string): Promise<Response> | null {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== origin || url.pathname.startsWith("/api")) return null;
  if (request.mode === "navigate") return isAppRoute(url.pathname) ? keptOr("/index.html", request) : null;
  if (__SHELL__.some((one) => one.url === url.pathname)) return keptOr(url.pathname, request);
  return url.pathname.startsWith("/assets/") ? keptBefore(request) : null;
}

/** Every address is the app's, but files, and the page for when the app does not start, which must never come from what the app keeps. */
export function isAppRoute(path: string): boolean {
  return path !== "/nod" && !path.startsWith("/nod/") && !/\.\w+$/.test(path);
}

/** A part of the app of before: its name has its content's sum in it, so it is the right one wherever it lies. */
async function keptBefore(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

async function keptOr(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(shellName());
  return (await cache.match(path)) ?? fetch(request);
}
