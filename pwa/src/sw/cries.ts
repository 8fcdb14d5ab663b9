// A cry for help that the app did not live to send: the worker sends it when the network is back, as the same press.
import { age_s, verdict, type WaitingTap } from "../core/outbox-rules";
import { ask, signFirst, signWith } from "../io/api";
import { openLocalStore, type LocalStore } from "../io/local-store";
import { PhoneKey } from "../io/phone-key";

/** Sends every cry that waits; a page that is open does the same, and the server knows them by their ids. Gives how many still wait. */
export async function sendCries(store?: LocalStore, now_ms = Date.now()): Promise<number> {
  const opened = store ?? (await openLocalStore());
  const cries = (await opened.taps().catch(() => [])).filter((tap) => tap.kind === "signal");
  if (cries.length === 0) return 0;
  // Nobody knows here whether somebody is still signed in: the cookie is tried first, then the key.
  signWith(new PhoneKey(), () => undefined);
  signFirst(false);
  let left = 0;
  for (const cry of cries) left += (await send(opened, cry, now_ms)) ? 0 : 1;
  return left;
}

async function send(store: LocalStore, cry: WaitingTap, now_ms: number): Promise<boolean> {
  const now = { wall_ms: now_ms, steady_ms: 0, page: -1 };
  const answer = await ask("POST", "/api/signals", { ...cry.body, id: cry.id, age_s: age_s(cry.tapped, now) });
  if (verdict(cry.kind, answer) !== "confirmed") return false;
  await store.dropTap(cry.id).catch(() => undefined);
  return true;
}
