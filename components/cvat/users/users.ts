import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { placeOf, type Cluster } from "../../kubernetes/cluster.ts";
import { OwnResource } from "../../records/resource.ts";
import { GeneratedText, PASSWORD_LENGTH } from "../../secrets/generated.ts";
import { NONCE_LENGTH, secretStamp } from "../../secrets/stamp.ts";
import type { CvatConfig } from "../cvat-config.ts";
import { initialisationStamp } from "../initialisation/stamp.ts";
import { USERS } from "../names.ts";
import type { OwnAccount } from "./own-account.ts";
import { emailOf, everybody } from "./users-config.ts";
import { USERS_SCRIPT, usersJob } from "./job.ts";

export interface CvatUsersArgs {
  config: CvatConfig;
  /** Of programs of the lab. Default: none. */
  accounts?: readonly OwnAccount[];
  namespace: pulumi.Input<string>;
  /** The Job of the chart that migrates the database, once CVAT runs. */
  initializer: pulumi.Input<k8s.batch.v1.Job>;
  cluster: Pick<Cluster, "access" | "readyTimeoutMs">;
}

/** CVAT's users: their passwords, made where none was given, and the Job that brings them into CVAT. */
export class CvatUsers {
  /** Each person's password by his name. */
  readonly passwords: pulumi.Output<Record<string, string>>;
  /** Those of the lab's own programs, by user name. */
  readonly accountPasswords: pulumi.Output<Record<string, string>>;
  readonly job: k8s.batch.v1.Job;
  /** Resolves when the users are in CVAT; at preview at once. */
  readonly ready: pulumi.Output<void>;

  constructor(
    name: string,
    { config, accounts = [], namespace, initializer, cluster }: CvatUsersArgs,
    opts: pulumi.CustomResourceOptions,
  ) {
    const made = (what: string, length: number) =>
      new GeneratedText(`${name}-${what}`, { length }, { parent: opts.parent }).value;
    const people = everybody(config).map(({ username, email, password, firstName, lastName, role }) => ({
      ...{ username, firstName, lastName, role },
      email: emailOf({ username, email }),
      password: pulumi.secret(password ?? made(`password-${username}`, PASSWORD_LENGTH.typed)),
    }));
    const programs = accounts.map(({ username, firstName, lastName, role }) => ({
      ...{ username, firstName, lastName, role },
      email: emailOf({ username }),
      password: made(`password-${username}`, PASSWORD_LENGTH.handedOver),
    }));
    this.passwords = byName(people);
    this.accountPasswords = byName(programs);

    const users = pulumi.secret(pulumi.output([...people, ...programs]).apply((all) => JSON.stringify({ users: all })));
    const secret = new k8s.core.v1.Secret(
      `${name}-users`,
      { metadata: { name: USERS, namespace }, stringData: { "users.json": users } },
      opts,
    );
    const script = new k8s.core.v1.ConfigMap(
      `${name}-users-script`,
      { metadata: { name: USERS, namespace }, data: USERS_SCRIPT },
      opts,
    );
    const digest = pulumi
      .all([users, made("users-nonce", NONCE_LENGTH)])
      .apply(([text, nonce]) => secretStamp(nonce, text, ...Object.values(USERS_SCRIPT)));
    const timeoutMs = cluster.readyTimeoutMs;
    const patience = Math.ceil(timeoutMs / 1000);
    this.job = new k8s.batch.v1.Job(
      `${name}-users`,
      {
        metadata: {
          name: USERS,
          namespace,
          // Replaced as the chart's Jobs are: see components/charts/handling.ts.
          annotations: {
            "pulumi.com/deletionPropagationPolicy": "background",
            // One that failed stays failed: the next up makes another.
            "pulumi.com/replaceUnready": "true",
            // Waited for below, so that an error has the pod's words.
            "pulumi.com/skipAwait": "true",
          },
        },
        spec: pulumi
          .all([pulumi.output(initializer).apply((job) => job.spec.template.spec), pulumi.unsecret(digest)])
          .apply(([pod, text]) =>
            usersJob({ initializer: pod, digest: text, stamp: initialisationStamp(config), patience }),
          ),
      },
      { ...opts, dependsOn: [secret, script], deleteBeforeReplace: true },
    );
    const wait = new OwnResource(
      `${name}-users-ready`,
      "cvat:UsersReady",
      { connection: placeOf(cluster, namespace), job: this.job.metadata.uid, timeoutMs },
      [],
      { parent: opts.parent },
    );
    // By the URN: an id is not known before the first wait.
    this.ready = wait.urn.apply(() => undefined);
  }
}

function byName(
  users: readonly { username: string; password: pulumi.Output<string> }[],
): pulumi.Output<Record<string, string>> {
  return pulumi.secret(pulumi.output(Object.fromEntries(users.map(({ username, password }) => [username, password]))));
}
