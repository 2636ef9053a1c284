import * as pulumi from "@pulumi/pulumi";
import { OwnResource } from "../records/resource.ts";
import { placeOfConfig } from "./access.ts";
import type { ObjectStoreConfig } from "./object-store-config.ts";

export interface DerivedKeysArgs {
  config: ObjectStoreConfig;
  /** Certificates of the store's private authority, PEM. */
  ca?: string | undefined;
  /** Secret key of each user by its access key, known once the user has it. */
  keys: Readonly<Record<string, pulumi.Input<string>>>;
}

/** The record that ends what was made with a user's key when the key changes, or the user goes. */
export function derivedKeysOf(
  name: string,
  { config, ca, keys }: DerivedKeysArgs,
  opts: pulumi.CustomResourceOptions,
): OwnResource {
  return new OwnResource(
    `${name}-derived-keys`,
    "storage:DerivedKeys",
    { place: placeOfConfig(config, ca), keys: pulumi.secret(pulumi.output(keys)) },
    [],
    opts,
  );
}
