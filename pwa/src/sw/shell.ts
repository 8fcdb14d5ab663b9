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

export async function dropOldShells(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(prefix) && name !== shellName()).map((name) => caches.delete(name)));
}

/** Null: the browser asks the server itself. That holds for everything under /api, always. */
export function fromShell(request: Request, origin: string): Promise<Response> | null {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== origin || url.pathname.startsWith("/api")) return null;
  if (request.mode === "navigate") return isAppRoute(url.pathname) ? keptOr("/index.html", request) : null;
  return __SHELL__.some((one) => one.url === url.pathname) ? keptOr(url.pathname, request) : null;
}

export function isAppRoute(path: string): boolean {
  return path === "/" || path === "/desk" || path.startsWith("/i/") || path.startsWith("/log/");
}

async function keptOr(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(shellName());
  return (await cache.match(path)) ?? fetch(request);
}
