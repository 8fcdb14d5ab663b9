// Promises about the phone's own key: it speaks only for who enrolled it, only once the server knows it, and by the server's clock.
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ask, askSigned, signFirst, signWith } from "./api";
import { PhoneKey } from "./phone-key";
import { inMemory, openWorkerMemory, type WorkerMemory } from "./worker-memory";

let memory: WorkerMemory;
let key: PhoneKey;
let gone: number;

beforeEach(() => {
  memory = inMemory();
  key = new PhoneKey(async () => memory);
  gone = 0;
  signWith(key, () => gone++);
  signFirst(false);
});
afterEach(() => vi.unstubAllGlobals());

async function enrolled(person_id = "ola"): Promise<string> {
  const made = await key.prepare(person_id);
  await key.enrolled();
  return made!.public_key;
}

interface Heard { path: string; authorization: string | null; body: string }

/** A server that answers in turn. */
function server(...answers: [number, object][]): Heard[] {
  const heard: Heard[] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    heard.push({ path, authorization: new Headers(init.headers).get("authorization"), body: String(init.body ?? "") });
    const [status, body] = answers[Math.min(heard.length, answers.length) - 1]!;
    return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
  });
  return heard;
}

async function holds(public_key: string, authorization: string, method: string, target: string, body: string): Promise<boolean> {
  const bytes = (text: string) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const point = await crypto.subtle.importKey("raw", bytes(public_key), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  const [, at_ms, nonce, signature] = authorization.replace("Varde ", "").split(".");
  const digest = Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body))), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const text = new TextEncoder().encode(["varde-key", method, target, at_ms, nonce, digest].join("\n"));
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, point, bytes(signature!), text);
}

test("what is sent where nobody is signed in carries a signature that holds, and another one each time", async () => {
  const public_key = await enrolled();
  signFirst(true);
  const heard = server([200, {}]);
  for (let time = 0; time < 2; time++) await ask("POST", "/api/signals", { id: "press" });
  expect(new Set(heard.map((one) => one.authorization)).size).toBe(2);
  for (const one of heard) expect(await holds(public_key, one.authorization!, "POST", "/api/signals", one.body)).toBe(true);
});

test("the private key cannot be taken out of the phone", async () => {
  await enrolled();
  const kept = await memory.kept<{ private_key: CryptoKey }>("device_key");
  expect(kept!.private_key.extractable).toBe(false);
  await expect(crypto.subtle.exportKey("pkcs8", kept!.private_key)).rejects.toThrow();
});

test("while somebody is signed in nothing is signed; when the session has ended the same request is sent again, signed", async () => {
  await enrolled();
  const heard = server([200, {}], [401, { reason: "not_signed_in" }], [200, {}]);
  await ask("GET", "/api/alarms");
  expect(heard[0]!.authorization).toBeNull();
  expect((await ask("GET", "/api/alarms")).ok).toBe(true);
  expect(heard.map((one) => one.authorization !== null)).toEqual([false, false, true]);
});

test("a phone whose clock is wrong signs again by the server's, and goes on by it", async () => {
  await enrolled();
  signFirst(true);
  const server_time = new Date(Date.now() + 86_400_000).toISOString();
  const heard = server([401, { reason: "wrong_clock", server_time }], [200, {}]);
  expect((await ask("POST", "/api/signals", {})).ok).toBe(true);
  await ask("GET", "/api/alarms");
  const ahead_ms = heard.map((one) => Number(one.authorization!.split(".")[1]) - Date.now());
  expect(Math.abs(ahead_ms[0]!)).toBeLessThan(60_000);
  for (const one of ahead_ms.slice(1)) expect(Math.abs(one - 86_400_000)).toBeLessThan(60_000);
  expect(heard).toHaveLength(3);
});

test("a server that says wrong clock for ever is not asked for ever", async () => {
  await enrolled();
  signFirst(true);
  const heard = server([401, { reason: "wrong_clock", server_time: new Date().toISOString() }]);
  expect((await ask("GET", "/api/alarms")).reason).toBe("wrong_clock");
  expect(heard).toHaveLength(2);
});

test("a phone without a key, or with one that was never enrolled, signs nothing", async () => {
  signFirst(true);
  const heard = server([401, { reason: "not_signed_in" }]);
  await ask("GET", "/api/alarms");
  await key.prepare("ola");
  await ask("GET", "/api/alarms");
  expect(heard.map((one) => one.authorization)).toEqual([null, null]);
  expect(await key.owner()).toBeNull();
});

test("enrolling is signed by the key that is enrolled", async () => {
  const made = (await key.prepare("ola"))!;
  const heard = server([200, {}]);
  await askSigned("PUT", "/api/keys", { public_key: made.public_key }, made.sign);
  expect(await holds(made.public_key, heard[0]!.authorization!, "PUT", "/api/keys", heard[0]!.body)).toBe(true);
});

test("another person on the same phone gets another key", async () => {
  const olas = await enrolled("ola");
  expect(await key.owner()).toBe("ola");
  expect((await key.prepare("ola"))!.public_key).toBe(olas);
  expect((await key.prepare("liv"))!.public_key).not.toBe(olas);
  expect(await key.owner()).toBeNull();
});

test.each(["unknown_key", "key_expired"])("a phone that the server answers with %s is told so", async (reason) => {
  await enrolled();
  signFirst(true);
  server([401, { reason }]);
  await ask("GET", "/api/alarms");
  expect(gone).toBe(1);
});

test("the key outlives the page, in the browser's own store", async () => {
  const one = new PhoneKey(() => openWorkerMemory("key-test"));
  const made = await one.prepare("ola");
  await one.enrolled();
  const again = new PhoneKey(() => openWorkerMemory("key-test"));
  expect(await again.owner()).toBe("ola");
  expect((await again.prepare("ola"))!.public_key).toBe(made!.public_key);
  expect(await again.sign("GET", "/api/alarms")).toMatch(/^Varde [\w-]{43}\.\d+\.[\w-]{24}\.[\w-]{86}$/);
});
