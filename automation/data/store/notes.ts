import { nameOf } from "../../runs/owner.ts";
import type { Bucket } from "./objects.ts";
import { isDead, runName } from "./temporary.ts";
import { wholeOf } from "./whole.ts";

/** What a run wrote down of what it has begun. */
export interface Note<T> {
  facts: T;
  /** Whether the run is gone for certain: who finds the note takes up what it has begun. */
  isDead: boolean;
}

/**
 * Notes of runs about what CVAT carries on with when they are gone, each an object: the next run of the same kind finds out by it what a dead one
 * has begun, and begins it no second time.
 */
export interface Notes<T> {
  /** Undefined where no run has left one under this name. */
  read(name: string): Promise<Note<T> | undefined>;
  write(name: string, facts: T): Promise<void>;
  remove(name: string): Promise<void>;
}

interface Written<T> {
  by: string;
  facts: T;
}

/** @param temporary what the keys of temporary objects begin with: notes lie beside them, since they outlive what is cleared away there */
export function notesIn<T>(bucket: Bucket, temporary: string): Notes<T> {
  const by = runName(new Date(), nameOf(process.pid));
  const keyOf = (name: string) => `${temporary.replace(/temporary\/$/, "")}begun/${name}.json`;
  return {
    async read(name) {
      const there = await wholeOf(bucket, keyOf(name));
      if (!there) return undefined;
      const written = JSON.parse(there.toString()) as Written<T>;
      return { facts: written.facts, isDead: isDead(written.by, new Date()) };
    },
    async write(name, facts) {
      await bucket.put(keyOf(name), Buffer.from(JSON.stringify({ by, facts })), { type: "application/json" });
    },
    remove: (name) => bucket.remove([keyOf(name)]),
  };
}
