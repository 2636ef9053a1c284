import { specialOutputValueSig, specialSecretSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc.js";
import { isMap } from "../../components/program/maps.ts";
import { UNKNOWN } from "../../components/records/kind.ts";
import { unseal } from "./sealing.ts";

type Props = Readonly<Record<string, unknown>>;

const SECRET = "kubernetes:core/v1:Secret";

/** One secret among a resource's inputs. */
export interface SecretInput {
  /** Where it stands: `spec`, `password`. */
  place: readonly string[];
  /** In clear. {@link UNKNOWN}: not known yet, or not all of it. */
  value: unknown;
}

/**
 * The secrets among inputs in which they stand in the engine's envelopes, in clear. All data of a Secret is, however it is given: each key of
 * it is a secret of its own, in base64.
 */
export function secretsIn(type: string, props: Props): SecretInput[] {
  if (type !== SECRET) return secretsAt(props, []);
  const { data, stringData, ...rest } = props;
  return [...secretsAt(rest, []), ...dataOf(data, (value) => value), ...dataOf(stringData, inBase64)];
}

function dataOf(given: unknown, as: (value: unknown) => unknown): SecretInput[] {
  const data = opened(given);
  if (data === undefined || data === null) return [];
  if (!isMap(data)) return [{ place: ["data"], value: UNKNOWN }];
  return Object.entries(data).map(([key, value]) => ({ place: ["data", key], value: as(opened(value)) }));
}

const inBase64 = (value: unknown) => (holdsUnknown(value) ? UNKNOWN : Buffer.from(String(value)).toString("base64"));

function secretsAt(value: unknown, place: readonly string[]): SecretInput[] {
  if (typeof value !== "object" || value === null) return [];
  const { [specialSigKey]: signature, secret, value: inner } = value as Props;
  const isOutput = signature === specialOutputValueSig;
  if (signature === specialSecretSig || (isOutput && secret === true)) {
    const clear = opened(value);
    return [{ place, value: holdsUnknown(clear) ? UNKNOWN : clear }];
  }
  if (isOutput) return secretsAt(inner, place);
  return Object.entries(value).flatMap(([key, part]) => secretsAt(part, [...place, key]));
}

/** A value with every envelope in it opened. */
export function opened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(opened);
  if (!isMap(value)) return value;
  const { [specialSigKey]: signature } = value;
  if (signature === specialSecretSig) return opened(value["value"]);
  if (signature === specialOutputValueSig) return "value" in value ? opened(value["value"]) : UNKNOWN;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, opened(inner)]));
}

function holdsUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsUnknown);
}

/** Inputs of a stored state, with what is encrypted in its envelopes in clear. */
export function decrypted(value: unknown, key: Buffer): unknown {
  if (Array.isArray(value)) return value.map((inner: unknown) => decrypted(inner, key));
  if (!isMap(value)) return value;
  if (value[specialSigKey] === specialSecretSig)
    return {
      [specialSigKey]: specialSecretSig,
      value: JSON.parse(unseal(key, String(value["ciphertext"]))) as unknown,
    };
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, decrypted(inner, key)]));
}
