import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../components/errors.ts";
import { RunError } from "../../components/program-errors.ts";
import type { ObjectStoreConfig } from "../../components/storage/config.ts";
import { askStore } from "./ask.ts";

/**
 * The lab's buckets that are in the store already, asked before the program registers anything. Only a preview goes on without an answer:
 * it changes nothing, and says so in a warning.
 * @throws RunError with the cure, shown without a stack trace
 */
export async function existingBuckets(config: ObjectStoreConfig | undefined): Promise<Set<string>> {
  const { accessKey, secretKey } = config?.credentials ?? {};
  if (config === undefined || accessKey === undefined || secretKey === undefined) return new Set();
  try {
    return await askStore(config, { accessKey: await known(accessKey), secretKey: await known(secretKey) });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (!pulumi.runtime.isDryRun()) throw new RunError(error.message);
    await pulumi.log.warn(
      `${error.message}\nThis preview takes each bucket that is not in state for one to be made; up refuses until the store answers.`,
    );
    return new Set();
  }
}

/** Configuration is known from the start. */
const known = (secret: pulumi.Output<string>) => new Promise<string>((resolve) => secret.apply(resolve));
