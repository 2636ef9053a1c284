import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { placeOf, type Cluster } from "../../kubernetes/cluster.ts";
import { OwnResource } from "../../records/resource.ts";
import type { Mirror } from "../../images/mirror.ts";
import { GeneratedText, PASSWORD_LENGTH } from "../../secrets/generated.ts";
import type { CvatPlan } from "../plan.ts";
import { registerScriptJob, type ScriptPod } from "./script-job.ts";

export interface ExternalArgs {
  plan: CvatPlan;
  namespace: pulumi.Input<string>;
  cluster: Cluster;
  /** Where images are taken from, and the Secret for it. Default: each from where it is published. */
  mirror?: Mirror | undefined;
  pulls?: pulumi.Resource[];
}

/** What is registered for a service that somebody else runs. */
export interface ExternalService {
  /** What CVAT waits for: Secrets, and Jobs that are done. */
  objects: pulumi.Resource[];
  /** What stands in each Secret that pods read, or what tells that it changed, by the Secret's name. */
  texts: Record<string, pulumi.Input<string>>;
}

export interface DatabaseArgs extends ExternalArgs {
  external: { existingSecret?: string | undefined; rotation: number };
  /** What the Job needs besides. */
  before: readonly pulumi.Resource[];
  /** What is signed in to, as a person calls it, and the key of the stack file for the password. */
  keeper: string;
  key: string;
  /** The password, if the stack has one. */
  given: pulumi.Input<string> | undefined;
  /** Name of the Secret that is made where none is named, and what stands in it beside the password. */
  secret: string;
  beside: Readonly<Record<string, pulumi.Input<string>>>;
  pod: ScriptPod;
  /** What the Job failed at, as the beginning of a sentence. */
  failed: string;
}

const OWNER_LENGTH = 12;

/** Registers CVAT's password of a database and the Job that gives it to the database: before the pods that read it, which start anew afterwards. */
export function registerDatabase(
  resource: string,
  {
    plan,
    namespace,
    cluster,
    mirror,
    pulls = [],
    external,
    before,
    keeper,
    key,
    given,
    secret,
    beside,
    pod,
    failed,
  }: DatabaseArgs,
  opts: pulumi.CustomResourceOptions,
): ExternalService {
  const { parent } = opts;
  const { existingSecret, rotation } = external;
  const made = (what: string, length: number, again = 0) =>
    new GeneratedText(`${resource}-${what}`, { length, rotation: again }, { parent }).value;
  const password =
    existingSecret === undefined ? (given ?? made("password", PASSWORD_LENGTH.handedOver, rotation)) : String(rotation);
  // Names of role and database reach the pods by the Secret, as the password does.
  const opens = pulumi.all([password, ...Object.values(beside)]).apply((all) => all.join(" "));
  const metadata = { name: secret, namespace };
  // Of a stack that went away and comes back: what it signed in with then opens its role, and no other password does.
  const kept = () =>
    new OwnResource(
      `${resource}-kept`,
      "secrets:KeptPasswords",
      {
        connection: placeOf(cluster, namespace),
        kept: pulumi.secret([{ secret, field: "password", password, keeper, key }]),
        onlyAtFirst: true,
      },
      [],
      { parent },
    );
  const secrets =
    existingSecret === undefined
      ? [
          new k8s.core.v1.Secret(
            `${resource}-secret`,
            { type: "Opaque", metadata, stringData: { ...beside, password } },
            // What opens the data stays where CVAT's own namespace stays. (secrets.ts, of the own database)
            { ...opts, retainOnDelete: true, dependsOn: kept() },
          ),
        ]
      : [];
  const objects = [...before, ...secrets];
  const job = registerScriptJob(
    resource,
    {
      ...{ plan, namespace, cluster, mirror, pod, failed },
      learned: { OWNER: pulumi.unsecret(made("owner", OWNER_LENGTH)) },
      secrets: pulumi.all([opens, rotation]).apply((all) => all.join(" ")),
      after: [...objects, ...pulls],
    },
    opts,
  );
  return { objects: [...objects, ...job], texts: { [existingSecret ?? secret]: opens } };
}
