import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster.ts";
import { RunError } from "../program-errors.ts";
import { GeneratedText } from "../secrets/generated.ts";
import type { ClearmlConfig } from "./config.ts";
import { CREDENTIAL_LENGTHS, CREDENTIALS, KEY_ALPHABET } from "./credentials.ts";
import { SECRETS } from "./names.ts";
import { BCRYPT_ALPHABET, hashedPassword, SALT_LENGTH } from "./passwords.ts";
import { apiserverConf } from "./users.ts";

/** Length of a password nobody gave. */
const PASSWORD_LENGTH = 24;

type Texts = pulumi.Output<Record<string, string>>;

/** What the server reads from Secrets, as secret Outputs. */
export interface ServerSecrets {
  /** Key pairs and secrets by their key in the Secret. */
  credentials: Texts;
  /** Password of each user. */
  passwords: Texts;
  /** Files of the server's configuration folder. */
  files: Texts;
}

/** Makes what nobody gave, once, and puts together what the server reads. */
export function serverSecrets(
  name: string,
  users: ClearmlConfig["users"],
  opts: pulumi.CustomResourceOptions,
): ServerSecrets {
  const credentials = CREDENTIALS.map(({ key, kind }) => {
    const rules = { length: CREDENTIAL_LENGTHS[kind], ...(kind === "key" && { alphabet: KEY_ALPHABET }) };
    return [key, new GeneratedText(`${name}-${key.replaceAll("_", "-")}`, rules, opts).value] as const;
  });
  const people = users.map((user, index) => {
    const password =
      user.password ?? new GeneratedText(`${name}-password-${user.username}`, { length: PASSWORD_LENGTH }, opts).value;
    const salt = new GeneratedText(
      `${name}-salt-${user.username}`,
      { length: SALT_LENGTH, alphabet: BCRYPT_ALPHABET },
      opts,
    ).value;
    return { ...user, password, hashedPassword: pulumi.all([password, salt]).apply(hashFor(index)) };
  });
  const configuration = pulumi.all(
    people.map(({ username, name, hashedPassword }) => pulumi.output({ username, name, hashedPassword })),
  );
  return {
    credentials: secretTexts(Object.fromEntries(credentials)),
    passwords: secretTexts(Object.fromEntries(people.map(({ username, password }) => [username, password]))),
    files: secretTexts({ "apiserver.conf": configuration.apply(apiserverConf) }),
  };
}

/** Puts them into the namespace, under the names the chart's values give. */
export function registerSecrets(
  name: string,
  { credentials, files }: ServerSecrets,
  namespace: pulumi.Input<string>,
  cluster: Cluster,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret[] {
  const secret = (suffix: string, secretName: string, stringData: Texts) =>
    new k8s.core.v1.Secret(
      `${name}-${suffix}`,
      { metadata: { name: secretName, namespace }, stringData },
      { ...opts, provider: cluster.provider },
    );
  return [
    secret("credentials", SECRETS.credentials, credentials),
    secret("configuration", SECRETS.configuration, files),
  ];
}

/**
 * A text that changes when one of these does and tells nothing of them. It is known only when the Secrets are in the cluster, so that pods
 * that carry it start with what it stands for. A secret, since chart values may hold nothing else that is not known at preview.
 */
export function digestOf(texts: readonly Texts[], secrets: readonly k8s.core.v1.Secret[]): pulumi.Output<string> {
  const present = secrets.map((secret) => secret.id);
  const digest = pulumi
    .all([pulumi.all([...texts]), pulumi.all(present)])
    .apply(([all]) => createHash("sha256").update(JSON.stringify(all)).digest("hex"));
  return pulumi.secret(digest);
}

const hashFor =
  (index: number) =>
  ([password, salt]: [string, string]): string => {
    try {
      return hashedPassword(password, salt);
    } catch (error) {
      const reason = error instanceof RangeError ? error.message : "it cannot be hashed";
      throw new RunError(`vision-platform:clearml.users[${index}].password: ${reason}`);
    }
  };

const secretTexts = (texts: Record<string, pulumi.Input<string>>): Texts => pulumi.secret(pulumi.output(texts));
