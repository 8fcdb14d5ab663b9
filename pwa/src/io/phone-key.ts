// This phone's own key: made here and never out of here. It signs for whoever enrolled it, so that an alarm needs no sign-in.
import { base64url, clockDifference_ms, header, hex, signedText } from "../core/key-proof";
import { openWorkerMemory, type WorkerMemory } from "./worker-memory";

interface KeptKey {
  id: string;
  public_key: string;
  /** Not extractable: the browser signs with it and gives it to nobody. */
  private_key: CryptoKey;
  person_id: string;
  /** Whether the server knows it. */
  enrolled: boolean;
}

const kept_as = "device_key";
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export class PhoneKey {
  private key: Promise<KeptKey | null> | null = null;
  private ahead_ms = 0;

  constructor(private readonly memory: () => Promise<WorkerMemory> = openOnce) {}

  /** Whose phone this is; null where it is nobody's yet. */
  async owner(): Promise<string | null> {
    const key = await this.kept();
    return key?.enrolled ? key.person_id : null;
  }

  /** The header for one request; null where this phone has no key, or the server has never heard of it. */
  async sign(method: string, target: string, body = ""): Promise<string | null> {
    const key = await this.kept();
    return key?.enrolled ? this.signWith(key, method, target, body) : null;
  }

  /** For enrolling: a key for this person, new where there is none or where it was another person's. */
  async prepare(person_id: string): Promise<{ public_key: string; sign: (method: string, target: string, body: string) => Promise<string> } | null> {
    try {
      const known = await this.kept();
      const key = known?.person_id === person_id ? known : await this.make(person_id);
      return { public_key: key.public_key, sign: (method, target, body) => this.signWith(key, method, target, body) };
    } catch {
      return null; // a browser without keys, or an address that is not https: then only a session speaks for the person
    }
  }

  async enrolled(): Promise<void> {
    const key = await this.kept();
    if (key && !key.enrolled) await this.keep({ ...key, enrolled: true });
  }

  async forget(): Promise<void> {
    this.key = Promise.resolve(null);
    await (await this.memory()).keep(kept_as, null).catch(() => undefined);
  }

  /** The server has refused a signature for its time. Gives whether signing again may help. */
  learn(server_time: unknown): boolean {
    const difference_ms = clockDifference_ms(server_time, Date.now());
    if (difference_ms === null) return false;
    this.ahead_ms = difference_ms;
    return true;
  }

  private async signWith(key: KeptKey, method: string, target: string, body: string): Promise<string> {
    const body_digest = hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body)));
    const nonce = base64url(crypto.getRandomValues(new Uint8Array(18)));
    const signing = { method, target, at_ms: Math.round(Date.now() + this.ahead_ms), nonce, body_digest };
    const signature = await crypto.subtle.sign(algorithm, key.private_key, new TextEncoder().encode(signedText(signing)));
    return header(key.id, signing, base64url(signature));
  }

  private async make(person_id: string): Promise<KeptKey> {
    const pair = await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"]);
    const point = await crypto.subtle.exportKey("raw", pair.publicKey);
    const id = base64url(await crypto.subtle.digest("SHA-256", point));
    const key = { id, public_key: base64url(point), private_key: pair.privateKey, person_id, enrolled: false };
    await this.keep(key);
    return key;
  }

  private async keep(key: KeptKey): Promise<void> {
    this.key = Promise.resolve(key);
    // What cannot be kept lives as long as the page does.
    await (await this.memory()).keep(kept_as, key).catch(() => undefined);
  }

  private kept(): Promise<KeptKey | null> {
    return (this.key ??= this.memory().then((one) => one.kept<KeptKey>(kept_as)).catch(() => null));
  }
}

let opened: Promise<WorkerMemory> | null = null;
const openOnce = () => (opened ??= openWorkerMemory());
