import type * as auto from "@pulumi/pulumi/automation/index.js";
import { PROJECT } from "../../components/lab/sections.ts";
import { isMap } from "../../components/program/maps.ts";
import type { StateResource } from "../../components/program/state.ts";
import { tokenOf } from "../../components/records/tokens.ts";
import { pathText } from "../../components/schema/problems.ts";
import { Sealed } from "../../components/schema/values.ts";
import type { StackFile } from "../stackfile/stack-file.ts";
import { HIDDEN } from "./outputs.ts";
import { orRefusal } from "./refusal.ts";
import { stateOf } from "./state.ts";

/** Shorter ones stand in many a word, and nobody takes them for a secret. */
const SHORTEST = 6;

/** Resources that hold secrets, and in which outputs. */
const HOLDERS: Readonly<Record<string, readonly string[]>> = {
  "secrets:GeneratedText": ["value"],
  "cvat:AccessToken": ["value"],
  "storage:DerivedKeys": ["keys"],
  "clearml:ApiKeys": ["people"],
  "minio:index/iamUser:IamUser": ["secret"],
};

/**
 * Passwords, keys and tokens of a stack, in clear: those that a person set and those that were made. Not every text that the engine keeps as a
 * secret: a region and a user's name are among those, and to hide them wherever they stand would hide half of a report.
 */
export async function knownSecrets(stack: auto.Stack, file: StackFile): Promise<string[]> {
  const [set, made] = [await setSecrets(stack, file), madeIn(await stateOf(stack))];
  return [...new Set([...set.map(({ value }) => value), ...made].filter((text) => text.length >= SHORTEST))];
}

/** The secrets of a stack file in clear, with their keys. */
export async function setSecrets(
  stack: auto.Stack,
  { sections }: StackFile,
): Promise<{ key: string; value: string }[]> {
  const config = await orRefusal(stack.getAllConfig());
  return Object.entries(sections).flatMap(([name, section]) => {
    const key = `${PROJECT}:${name}`;
    return sealedIn(section).flatMap((path) => {
      const value = leafAt(config[key]?.value, path);
      return value === undefined ? [] : [{ key: pathText(key, path), value }];
    });
  });
}

function madeIn(state: readonly StateResource[]): string[] {
  return state.flatMap(({ type, outputs }) =>
    (HOLDERS[tokenOf(type) ?? type] ?? []).flatMap((output) => textsIn(outputs[output])),
  );
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Where sealed values stand in a section. */
function sealedIn(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  if (value instanceof Sealed) return [at];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => sealedIn(item, [...at, String(index)]));
  return isMap(value) ? Object.entries(value).flatMap(([key, inner]) => sealedIn(inner, [...at, key])) : [];
}

/** The engine tells a section that is a map as JSON. */
function leafAt(section: string | undefined, path: readonly string[]): string | undefined {
  if (section === undefined) return undefined;
  if (path.length === 0) return section;
  const found = path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    JSON.parse(section),
  );
  return typeof found === "string" ? found : undefined;
}

/** A value with every one of these texts hidden in it, in base64 too. */
export function withoutSecrets<T>(value: T, secrets: readonly string[]): T {
  const hide = hiding(secrets);
  const hidden = (inner: unknown): unknown => {
    if (typeof inner === "string") return hide(inner);
    if (Array.isArray(inner)) return inner.map(hidden);
    if (!isMap(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, part]) => [key, hidden(part)]));
  };
  return hidden(value) as T;
}

/** Hides every one of these texts in another, in base64 too. */
export function hiding(secrets: readonly string[]): (text: string) => string {
  // The longest first: one may stand in another.
  const forms = secrets
    .flatMap((secret) => [secret, Buffer.from(secret).toString("base64")])
    .sort((one, other) => other.length - one.length);
  return (text) => forms.reduce((rest, form) => rest.replaceAll(form, HIDDEN), text);
}
