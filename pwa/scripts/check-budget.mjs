// Stops a build whose responder has to fetch too much before an alarm can be drawn, or that asks other hosts.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist", import.meta.url).pathname;
const budget_kB = { responder: 220, worker: 15 };
const zipped_kB = (path) => gzipSync(readFileSync(join(dist, path))).length / 1000;

/** Everything that the first page pulls in by itself: the entry and what it imports without being asked. */
function pulledIn(entry, seen = new Set()) {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  const code = readFileSync(join(dist, entry), "utf8");
  for (const [, name] of code.matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)) pulledIn(`assets/${name}`, seen);
  return seen;
}

const page = readFileSync(join(dist, "index.html"), "utf8");
const entry = page.match(/src="\/(assets\/[\w.-]+\.js)"/)?.[1];
if (!entry) throw new Error("index.html names no script");
const responder_kB = [...pulledIn(entry)].reduce((sum, path) => sum + zipped_kB(path), 0);
const worker_kB = zipped_kB("sw.js");
const wrong = [];
if (responder_kB > budget_kB.responder) wrong.push(`responder route is over ${budget_kB.responder} kB`);
if (worker_kB > budget_kB.worker) wrong.push(`service worker is over ${budget_kB.worker} kB`);

for (const name of readdirSync(join(dist, "assets")).filter((one) => one.endsWith(".css"))) {
  const outside = readFileSync(join(dist, "assets", name), "utf8").match(/url\(["']?(https?:)?\/\/[^)]*\)/);
  if (outside) wrong.push(`${name} asks another host: ${outside[0]}`);
}
if (/<script(?![^>]*\bsrc=)/.test(page)) wrong.push("index.html has a script inside it, which the server's policy forbids");

console.log(`responder route ${responder_kB.toFixed(1)} kB of ${budget_kB.responder}, service worker ${worker_kB.toFixed(1)} kB of ${budget_kB.worker} (JavaScript, gzipped)`);
for (const one of wrong) console.error(one);
process.exit(wrong.length > 0 ? 1 : 0);
