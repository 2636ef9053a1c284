import type * as pulumi from "@pulumi/pulumi";
import { tokenOf } from "../records/tokens.ts";
import type { StateResource } from "../program/state.ts";

/** Generated texts that a state has: the rotation of each, by its name. */
export type MadeTexts = ReadonlyMap<string, number>;

export function madeTexts(state: readonly StateResource[]): MadeTexts {
  const texts = state.filter(({ type }) => tokenOf(type) === "secrets:GeneratedText");
  return new Map(texts.map(({ urn, outputs }) => [nameOf(urn), Number(outputs["rotation"] ?? 0)]));
}

/**
 * Has every generated text say whether there is one of its name, so that none is made in the place of one in use: where the engine was told to
 * replace a resource, it hands the provider nothing of the former one, and asks for no comparison. (provider/kept-texts.ts)
 */
export function sayingWhatIsMade(texts: MadeTexts): pulumi.ResourceTransformation {
  return ({ type, name, props, opts }) => {
    const made = tokenOf(type) === "secrets:GeneratedText" ? texts.get(name) : undefined;
    return made === undefined ? undefined : { props: { ...(props as object), made }, opts };
  };
}

const nameOf = (urn: string) => urn.split("::").slice(3).join("::");
