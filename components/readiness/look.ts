import { isUnpublished, withKeys } from "./addresses.ts";
import type { NamespaceReader } from "./client.ts";
import type { Expectation } from "./expectation.ts";
import { claimsForFirstPod, obstacles } from "./explain.ts";
import { brokenText } from "./report.ts";
import { stateOf } from "./snapshot.ts";

export interface LookOptions {
  /** What is looked at, by the name a person knows it by: `CVAT`. */
  title: string;
  expectations: readonly Expectation[];
  reader: NamespaceReader;
}

/**
 * Looks once at what was ready before. When it still is, that costs one round of list calls.
 * @returns what is not, each object with the reason and the cure; undefined when all is
 */
export async function whatBroke({ title, expectations, reader }: LookOptions): Promise<string | undefined> {
  const snapshot = await reader.snapshot(new Set(expectations.map(({ kind }) => kind)));
  const broken = expectations.filter(
    (expected) =>
      !stateOf(expected.kind, expected.name, snapshot, expected.addresses).ready &&
      !isUnpublished(expected, snapshot, Date.now()),
  );
  if (broken.length === 0) return undefined;
  const events = await reader.events();
  const unwanted = claimsForFirstPod(events);
  const pending = broken.filter(({ kind, name }) => kind !== "PersistentVolumeClaim" || !unwanted.has(name));
  if (pending.length === 0) return undefined;
  const found = await withKeys(pending, obstacles(pending, await reader.pods(), events, snapshot), reader);
  return brokenText(title, pending, snapshot, found);
}
