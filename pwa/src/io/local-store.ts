// What the phone remembers between starts: taps not yet sent, the last alarms, and cards for use off line.
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { WaitingTap } from "../core/outbox-rules";

interface Shelves extends DBSchema {
  taps: { key: string; value: WaitingTap };
  kept: { key: string; value: unknown };
}

export interface LocalStore {
  /** Whether what is kept outlives the page. */
  readonly lasting: boolean;
  keepTap(tap: WaitingTap): Promise<void>;
  dropTap(id: string): Promise<void>;
  taps(): Promise<WaitingTap[]>;
  keep(name: string, value: unknown): Promise<void>;
  kept<T>(name: string): Promise<T | null>;
  forgetAll(): Promise<void>;
  /** Everything but the taps that wait to be sent. */
  forgetKept(): Promise<void>;
}

/** A browser that refuses storage (private window, full disk) still gets an app that works while it is open. */
export async function openLocalStore(name = "varde"): Promise<LocalStore> {
  try {
    const database = await openDB<Shelves>(name, 1, {
      upgrade(fresh) {
        fresh.createObjectStore("taps", { keyPath: "id" });
        fresh.createObjectStore("kept");
      },
    });
    return inDatabase(database);
  } catch {
    return inMemory();
  }
}

function inDatabase(database: IDBPDatabase<Shelves>): LocalStore {
  return {
    lasting: true,
    keepTap: async (tap) => void (await database.put("taps", tap)),
    dropTap: (id) => database.delete("taps", id),
    taps: () => database.getAll("taps"),
    keep: async (name, value) => void (await database.put("kept", value, name)),
    kept: async <T>(name: string) => ((await database.get("kept", name)) as T | undefined) ?? null,
    forgetKept: () => database.clear("kept"),
    forgetAll: async () => {
      await Promise.all([database.clear("taps"), database.clear("kept")]);
    },
  };
}

export function inMemory(): LocalStore {
  const taps = new Map<string, WaitingTap>();
  const kept = new Map<string, unknown>();
  return {
    lasting: false,
    keepTap: async (tap) => void taps.set(tap.id, tap),
    dropTap: async (id) => void taps.delete(id),
    taps: async () => [...taps.values()],
    keep: async (name, value) => void kept.set(name, value),
    kept: async <T>(name: string) => (kept.get(name) as T | undefined) ?? null,
    forgetKept: async () => kept.clear(),
    forgetAll: async () => {
      taps.clear();
      kept.clear();
    },
  };
}
