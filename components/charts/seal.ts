import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { isMap } from "../program/maps.ts";
import { pathText } from "../schema/problems.ts";
import { RunError } from "../program/run-errors.ts";

/**
 * Keeps secrets out of Helm. Rendered text loses secrecy (facts: only kind Secret is protected), and a value that is not known yet makes
 * the chart render nothing at preview. So each secret among the values goes to Helm as a token of letters and digits, and the rendered
 * object gets the secret itself in the token's place, as a secret Output of just that field.
 */
export interface Sealed {
  /** The values with a token in the place of each secret. */
  values: pulumi.Inputs;
  /** Secrets by token. */
  secrets: ReadonlyMap<string, pulumi.Output<string>>;
}

const TOKEN = /vpseal[0-9a-f]{24}/g;

/** Seals every secret among `values`. A secret must be text; its path decides the token, so the render is the same in each run. */
export async function seal(values: pulumi.Inputs): Promise<Sealed> {
  const secrets = new Map<string, pulumi.Output<string>>();
  const walk = async (value: unknown, trail: readonly PropertyKey[]): Promise<unknown> => {
    if (pulumi.Output.isInstance(value)) {
      if (!(await pulumi.isSecret(value))) return value;
      const path = pathText("values", trail);
      const token = `vpseal${createHash("sha256").update(path).digest("hex").slice(0, 24)}`;
      secrets.set(token, textOf(value, path));
      return token;
    }
    if (Array.isArray(value)) return Promise.all(value.map((item, index) => walk(item, [...trail, index])));
    if (isMap(value)) {
      const entries = Object.entries(value).map(
        async ([key, item]) => [key, await walk(item, [...trail, key])] as const,
      );
      return Object.fromEntries(await Promise.all(entries));
    }
    return value;
  };
  return { values: (await walk(values, [])) as pulumi.Inputs, secrets };
}

/** Puts the secrets back into a rendered object, in place. Says whether there were any. */
export function unseal(object: Record<string, unknown>, secrets: Sealed["secrets"]): boolean {
  let found = false;
  const replace = (value: unknown, encoded: boolean): unknown => {
    if (typeof value === "string") {
      const opened = open(value, encoded, secrets);
      found ||= opened !== undefined;
      return opened ?? value;
    }
    if (pulumi.Output.isInstance(value)) {
      // The provider hands the data of a Secret over as secret already; whether a token is inside shows only when it is known.
      if (secrets.size === 0) return value;
      found = true;
      return value.apply((inner: unknown) => replace(inner, encoded));
    }
    if (Array.isArray(value)) return value.map((item) => replace(item, encoded));
    if (isMap(value)) {
      for (const [key, item] of Object.entries(value)) value[key] = replace(item, encoded);
    }
    return value;
  };
  const isSecret = object.kind === "Secret";
  for (const [field, value] of Object.entries(object)) object[field] = replace(value, isSecret && field === "data");
  return found;
}

function open(text: string, encoded: boolean, secrets: Sealed["secrets"]): pulumi.Output<string> | undefined {
  const clear = encoded ? Buffer.from(text, "base64").toString("utf8") : text;
  const tokens = [...new Set(clear.match(TOKEN) ?? [])].filter((token) => secrets.has(token));
  if (tokens.length === 0) return undefined;
  const opened = pulumi.all(tokens.map((token) => secrets.get(token) ?? "")).apply((values) => {
    const table = new Map(tokens.map((token, index) => [token, values[index] ?? ""]));
    const result = clear.replace(TOKEN, (token) => table.get(token) ?? token);
    return encoded ? Buffer.from(result, "utf8").toString("base64") : result;
  });
  return pulumi.secret(opened);
}

function textOf(value: pulumi.Output<unknown>, path: string): pulumi.Output<string> {
  return value.apply((text) => {
    if (typeof text !== "string") throw new RunError(`${path}: a secret among chart values must be text`);
    return text;
  });
}
