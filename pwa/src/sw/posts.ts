// What the worker tells the server, kept until it has been heard: by the token in the push, never by a cookie.
import type { WaitingPost, WorkerMemory } from "../io/worker-memory";

export interface Reply {
  /** 0: no answer at all. */
  status: number;
  reason: string | null;
  body: Record<string, unknown>;
}

const patience_ms = 8000;
/** What is older says nothing any more: see `RECEIPT_HOLDS` and `ANSWER_HOLDS` on the server. */
const holds_ms: Record<WaitingPost["kind"], number> = { receipt: 47 * 3_600_000, answer: 29 * 60_000, renewal: 30 * 86_400_000 };
const queue_name = "varde-posts";

/** Sends now; what does not get through is kept and tried again. Gives null where it is kept. */
export async function sendOrKeep(memory: WorkerMemory, post: WaitingPost): Promise<Reply | null> {
  // Kept first: a worker may be ended between any two lines.
  await memory.addPost(post).catch(() => undefined);
  return sendKept(memory, post);
}

/** Tries everything that waits, oldest first. `told` hears what became of each. Gives how many still wait. */
export async function sendWaiting(memory: WorkerMemory, told: (post: WaitingPost, reply: Reply | null) => Promise<unknown>, now_ms = Date.now()): Promise<number> {
  const waiting = (await memory.posts().catch(() => [])).sort((one, other) => one.made_ms - other.made_ms);
  let left = 0;
  for (const post of waiting) {
    if (now_ms - post.made_ms > holds_ms[post.kind]) {
      await memory.dropPost(post.id).catch(() => undefined);
      await told(post, null);
      continue;
    }
    const reply = await sendKept(memory, post);
    if (reply) await told(post, reply);
    else left += 1;
  }
  return left;
}

async function sendKept(memory: WorkerMemory, post: WaitingPost): Promise<Reply | null> {
  const reply = await ask(post);
  if (reply.status === 0 || reply.status === 429 || reply.status >= 500 || reply.reason === "busy") return null;
  await memory.dropPost(post.id).catch(() => undefined);
  return reply;
}

async function ask(post: WaitingPost): Promise<Reply> {
  // An answer says how old the tap is: what is late becomes a question, never a promise.
  const age = post.kind === "answer" ? { age_s: Math.max(0, Math.round((Date.now() - post.made_ms) / 100) / 10) } : {};
  try {
    const response = await fetch(post.path, {
      method: "POST", credentials: "omit", keepalive: true, headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...post.body, ...age }), signal: AbortSignal.timeout(patience_ms),
    });
    const body = await readBody(response);
    return { status: response.status, reason: typeof body["reason"] === "string" ? body["reason"] : null, body };
  } catch {
    return { status: 0, reason: null, body: {} };
  }
}

async function readBody(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = response.status === 204 ? {} : await response.json();
    return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Where the browser can, it wakes the worker when the network is back; elsewhere the app does when it is opened. */
export async function askToBeWoken(registration: ServiceWorkerRegistration): Promise<void> {
  const sync = (registration as { sync?: { register(name: string): Promise<void> } }).sync;
  await sync?.register(queue_name).catch(() => undefined);
}
