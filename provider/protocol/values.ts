import { isDeepStrictEqual } from "node:util";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { UNKNOWN } from "../../components/records/kind.ts";

export type Props = Record<string, unknown>;
/** A message of the protocol's free form. */
export type Struct = InstanceType<typeof struct.Struct>;

type JsonObject = Parameters<typeof struct.Struct.fromJavaScript>[0];

// What the engine writes in the place of a secret's value. (pulumi: sdk/go/common/resource/sig)
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** What a message holds, secrets in their envelopes. Keys that begin with `__` are the engine's and other servers' own. */
export function rawOf(message: Struct | undefined): Props {
  const all = (message?.toJavaScript() ?? {}) as Props;
  return Object.fromEntries(Object.entries(all).filter(([key]) => !key.startsWith("__")));
}

/** The same with every secret in clear. */
export function inClear<T>(value: T): T;
export function inClear(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((inner: unknown) => inClear(inner));
  if (typeof value !== "object" || value === null) return value;
  const object = value as Props;
  if (object[SIGNATURE] === SECRET) return inClear(object["value"]);
  return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, inClear(inner)]));
}

/** Whether a secret is in it, however deep. */
export function holdsSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return (value as Props)[SIGNATURE] === SECRET || Object.values(value).some(holdsSecret);
}

/** Whether a part of it is not known yet. */
export function holdsUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsUnknown);
}

/** Names of the values in which a secret is. */
export const secretKeys = (raw: Props): string[] => Object.keys(raw).filter((key) => holdsSecret(raw[key]));

/** A message of values in clear, those of some names as secrets. What is `undefined` is left out. */
export function messageOf(values: object, secret: Iterable<string> = []): Struct {
  const hidden = new Set(secret);
  const plain = JSON.parse(JSON.stringify(values)) as Props;
  const sealed = Object.entries(plain).map(([key, value]) => [
    key,
    hidden.has(key) && !holdsSecret(value) ? { [SIGNATURE]: SECRET, value } : value,
  ]);
  return struct.Struct.fromJavaScript(Object.fromEntries(sealed) as JsonObject);
}

/** One place in which two values differ. */
export interface Departure {
  /** As the engine writes it: `spec.containers[0].image`, `labels["a.b"]`. */
  path: string;
  kind: "add" | "delete" | "update";
}

/** Where two values differ, as deep as both have a shape in common. */
export function departuresBetween(old: unknown, wanted: unknown, path: string): Departure[] {
  if (isDeepStrictEqual(old, wanted)) return [];
  if (old === undefined) return [{ path, kind: "add" }];
  if (wanted === undefined) return [{ path, kind: "delete" }];
  if (Array.isArray(old) && Array.isArray(wanted)) {
    const longest = Math.max(old.length, wanted.length);
    return Array.from({ length: longest }, (_, at) => departuresBetween(old[at], wanted[at], `${path}[${at}]`)).flat();
  }
  if (!isMap(old) || !isMap(wanted)) return [{ path, kind: "update" }];
  const keys = [...new Set([...Object.keys(old), ...Object.keys(wanted)])].sort();
  return keys.flatMap((key) => departuresBetween(old[key], wanted[key], `${path}${member(key)}`));
}

const isMap = (value: unknown): value is Props => typeof value === "object" && value !== null && !Array.isArray(value);

const member = (key: string) => (/^[A-Za-z_$][\w$-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);
