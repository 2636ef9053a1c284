import * as pulumi from "@pulumi/pulumi";
import type { ClearMlCredentials } from "./clearml.ts";
import type { S3Access } from "./conf.ts";

/** A person, with all that a clearml.conf of theirs says. */
export interface PersonAccount {
  username: string;
  password: string;
  s3?: S3Access;
}

/** Everyone's credentials, as the stack's secret output `secrets.clearml` has them. */
export interface ClearMlAccounts {
  users: PersonAccount[];
  agent: { accessKey: string; secretKey: string; s3?: S3Access };
}

export interface StoreAccess {
  /** Keys of a person's own user of the object store, by user name. */
  users: Readonly<Record<string, pulumi.Input<S3Access>>>;
  /** Those of the agent and its tasks. */
  agent: pulumi.Input<S3Access>;
}

/** Puts credentials of the server and of the object store together. Without a store artifacts go to the file server. */
export function clearMlAccounts(
  credentials: pulumi.Output<ClearMlCredentials>,
  store?: StoreAccess,
): pulumi.Output<ClearMlAccounts> {
  const accounts = pulumi
    .all([credentials, pulumi.output(store)])
    .apply(([{ users, agent }, access]): ClearMlAccounts => ({
      users: Object.entries(users).map(([username, password]) => ({
        username,
        password,
        ...withKeys(access?.users[username]),
      })),
      agent: { ...agent, ...withKeys(access?.agent) },
    }));
  return pulumi.secret(accounts);
}

const withKeys = (s3: S3Access | undefined) => s3 && { s3 };
