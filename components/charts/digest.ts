import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { isMap } from "../program/maps.ts";
import type { RenderedObject } from "../kubernetes/rendered-object.ts";
import type { Sealed } from "./seal.ts";

/** A rendered object as text, the same in each run. */
export interface ObjectText {
  kind: string;
  name: string;
  /** Sealed secrets are in it by their tokens, what the engine hands over as a secret by its number. */
  text: string;
  /** What the engine handed over as a secret: the data of a Secret. */
  secrets: pulumi.Output<unknown>[];
}

/** The text of an object before its secrets come back into it. */
export function textOf(object: RenderedObject): ObjectText {
  const secrets: pulumi.Output<unknown>[] = [];
  const text = JSON.stringify(sorted(object, secrets));
  return { kind: object.kind, name: object.metadata.name, text, secrets };
}

/** The keys in one order: the engine hands an object over in any. */
function sorted(value: unknown, secrets: pulumi.Output<unknown>[]): unknown {
  if (pulumi.Output.isInstance(value)) return `secret ${secrets.push(value)}`;
  if (Array.isArray(value)) return value.map((item) => sorted(item, secrets));
  if (!isMap(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key], secrets)]));
}

/**
 * A digest of objects with the secrets in them, in whatever order they come. A secret: what it was made of may hold some that could be guessed.
 * @param sealed what tokens stand for
 * @param more what else tells one from another, in any order. Default: nothing.
 */
export function digestOf(
  objects: readonly ObjectText[],
  sealed: Sealed["secrets"],
  more: readonly pulumi.Input<string | undefined>[] = [],
): pulumi.Output<string> {
  const ordered = [...objects].sort((one, other) => (one.text < other.text ? -1 : 1));
  const tokens = [...sealed.keys()].sort();
  const secrets = [...ordered.flatMap((object) => object.secrets), ...tokens.map((token) => sealed.get(token))];
  const digest = pulumi.all([pulumi.all(secrets), pulumi.all([...more])]).apply(([values, others]) =>
    createHash("sha256")
      .update(JSON.stringify([ordered.map(({ text }) => text), tokens, sorted(values, []), [...others].sort()]))
      .digest("hex"),
  );
  return pulumi.secret(digest);
}

/** The secrets that stand in an object by their tokens. */
export function sealedIn({ text }: ObjectText, sealed: Sealed["secrets"]): Sealed["secrets"] {
  return new Map([...sealed].filter(([token]) => text.includes(token)));
}
