// What the service worker must know when the app is shut: which language, which phone it is, what it has shown, and what it has yet to send.
import { openDB, type DBSchema, type IDBPDatabase } from "idb";

/** Something the worker has to tell the server. `made_ms`: by the wall clock, for the worker's own clock dies with it. */
export interface WaitingPost {
  id: string;
  kind: "receipt" | "answer" | "renewal";
  path: string;
  body: Record<string, unknown>;
  made_ms: number;
  /** Of an answer: the notification that says what became of it. */
  about?: { tag: string; navigate: string; lang: string; drill: boolean };
}

/** The phone's own name towards the server, and the secret with which its subscription is renewed without a session. */
export interface PhoneIdentity {
  id: string;
  secret: string;
}

interface Shelves extends DBSchema {
  kept: { key: string; value: unknown };
  posts: { key: string; value: WaitingPost };
}

export interface WorkerMemory {
  keep(name: string, value: unknown): Promise<void>;
  kept<T>(name: string): Promise<T | null>;
  addPost(post: WaitingPost): Promise<void>;
  dropPost(id: string): Promise<void>;
  posts(): Promise<WaitingPost[]>;
}

/** A database of its own: the app's must be free to change while an old worker still has this one open. */
export async function openWorkerMemory(name = "varde-worker"): Promise<WorkerMemory> {
  try {
    const database = await openDB<Shelves>(name, 1, {
      upgrade(fresh) {
        fresh.createObjectStore("kept");
        fresh.createObjectStore("posts", { keyPath: "id" });
      },
      blocking: (_, __, event) => (event.target as IDBDatabase).close(),
    });
    return inDatabase(database);
  } catch {
    return inMemory();
  }
}

function inDatabase(database: IDBPDatabase<Shelves>): WorkerMemory {
  return {
    keep: async (name, value) => void (await database.put("kept", value, name)),
    kept: async <T>(name: string) => ((await database.get("kept", name)) as T | undefined) ?? null,
    addPost: async (post) => void (await database.put("posts", post)),
    dropPost: (id) => database.delete("posts", id),
    posts: () => database.getAll("posts"),
  };
}

export function inMemory(): WorkerMemory {
  const kept = new Map<string, unknown>();
  const posts = new Map<string, WaitingPost>();
  return {
    keep: async (name, value) => void kept.set(name, value),
    kept: async <T>(name: string) => (kept.get(name) as T | undefined) ?? null,
    addPost: async (post) => void posts.set(post.id, post),
    dropPost: async (id) => void posts.delete(id),
    posts: async () => [...posts.values()].sort((one, other) => one.made_ms - other.made_ms),
  };
}
