import { structuredPatch } from "diff";
import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import { isMap } from "../../components/program/maps.ts";
import { isBlank, partsOf } from "../engine/changes.ts";
import { HIDDEN } from "../engine/outputs.ts";
import type { Given, Step } from "../engine/steps.ts";
import { withUnknownsSaid } from "./unknown.ts";

/** How an object differs from what it was, as YAML. */
export interface ObjectDiff {
  /** Each with its mark: `-`, `+`, a blank for what stands around, `…` for what lies between. */
  lines: string[];
  /** How many differences mean nothing and are left out. */
  leftOut: number;
}

/** Lines around a difference. */
const CONTEXT = 2;
const ANOTHER_SECRET = "[another secret]";

/** Annotations with digests of what is shown elsewhere, by which pods are made to restart. */
const CHECKSUM = /(^|\/)checksum[/-]|(^|[-/])checksum$/;

/** The differences of one step. Of what is made or goes it is the whole object. */
export function objectDiff({ before, after, change }: Step): ObjectDiff {
  const noise = { count: 0 };
  const secrets = (change?.fields ?? [])
    .filter((field) => field.before === HIDDEN && field.after === HIDDEN)
    .map(({ path }) => path);
  const [old, next] = before && after ? calm(before, withSecrets(after, secrets), noise) : [before, after];
  const patch = structuredPatch("", "", textOf(old), textOf(next), undefined, undefined, { context: CONTEXT });
  const hunks = patch.hunks.map(({ lines }) => lines.filter((line) => !line.startsWith("\\")));
  return { lines: hunks.flatMap((lines, at) => (at === 0 ? lines : ["…", ...lines])), leftOut: noise.count };
}

function textOf(object: unknown): string {
  if (object === undefined) return "";
  return withUnknownsSaid(stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }));
}

/** Two values without the differences between them that mean nothing. */
function calm(before: unknown, after: unknown, noise: { count: number }): [unknown, unknown] {
  if (isMap(before) && isMap(after)) return calmMaps(before, after, noise);
  if (!Array.isArray(before) || !Array.isArray(after)) return [before, after];
  if (isDeepStrictEqual(before, after)) return [before, after];
  if (isDeepStrictEqual(inOneOrder(before), inOneOrder(after))) {
    noise.count++;
    return [before, before];
  }
  const pairs = after.map((item: unknown, at) => calm(before[at], item, noise));
  return [
    before.map((item: unknown, at) => (at < pairs.length ? pairs[at]?.[0] : item)),
    pairs.map(([, item]) => item),
  ];
}

function calmMaps(before: Given, after: Given, noise: { count: number }): [Given, Given] {
  const old: Record<string, unknown> = {};
  const next: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (isNoise(key, before[key], after[key])) {
      noise.count++;
      continue;
    }
    const [one, other] = calm(before[key], after[key], noise);
    if (key in before) old[key] = one;
    if (key in after) next[key] = other;
  }
  return [old, next];
}

function isNoise(key: string, before: unknown, after: unknown): boolean {
  if (isDeepStrictEqual(before, after)) return false;
  return key.startsWith("__") || CHECKSUM.test(key) || (isBlank(before) && isBlank(after));
}

const inOneOrder = (items: readonly unknown[]) => items.map((item) => JSON.stringify(item)).sort();

/** A secret that is another one looks as the former does: it says so itself. */
function withSecrets(after: Given, paths: readonly string[]): Given {
  if (paths.length === 0) return after;
  const copy = structuredClone(after) as Record<string, unknown>;
  for (const path of paths) replaceAt(copy, path);
  return copy;
}

function replaceAt(root: Record<string, unknown>, path: string): void {
  const parts = partsOf(path);
  let place: unknown = root;
  for (const [at, part] of parts.entries()) {
    if (typeof place !== "object" || place === null) return;
    const inner = (place as Record<string, unknown>)[part];
    // A map that holds a secret is hidden whole, and what is in it has no place of its own.
    if (inner === HIDDEN || at === parts.length - 1) {
      (place as Record<string, unknown>)[part] = ANOTHER_SECRET;
      return;
    }
    place = inner;
  }
}
