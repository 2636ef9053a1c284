import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../kubernetes/cluster.ts";
import { RunError } from "../program/run-errors.ts";
import { OwnResource } from "../records/resource.ts";
import { Departures } from "../secrets/departures.ts";
import { GeneratedText, PASSWORD_LENGTH } from "../secrets/generated.ts";
import { restartedReaders } from "../secrets/readers.ts";
import type { ClearmlConfig } from "./clearml-config.ts";
import { CREDENTIAL_LENGTHS, CREDENTIALS, KEY_ALPHABET, type Credential } from "./credentials.ts";
import type { S3Access } from "./conf.ts";
import { DELETE_JOB_KEY, storeCredentials } from "./deletion.ts";
import { httpUrl, SECRETS } from "./names.ts";
import { BCRYPT_ALPHABET, hashedPassword, SALT_LENGTH } from "./passwords.ts";
import { apiserverConf } from "./users.ts";

type Texts = pulumi.Output<Record<string, string>>;

/** What the server reads from Secrets, as secret Outputs. */
export interface ServerSecrets {
  /** Key pairs by their key in the Secret. */
  credentials: Texts;
  /** What signs tokens and sessions, by its key in the same Secret. */
  signing: Texts;
  /** Password of each user. */
  passwords: Texts;
  /** Files of the server's configuration folder. */
  files: Texts;
}

/**
 * Makes what nobody gave, once, and puts together what the server reads. A token says who it is for and is asked nothing more, for 30 days or a
 * year. So what signs them changes whenever one of them must not be good any more. (clearml-real.md A1)
 */
export function serverSecrets(
  name: string,
  { users, keyRotations }: Pick<ClearmlConfig, "users" | "keyRotations">,
  opts: pulumi.CustomResourceOptions,
): ServerSecrets {
  const people = users.map((user, index) => {
    const password =
      user.password ??
      new GeneratedText(`${name}-password-${user.username}`, { length: PASSWORD_LENGTH.typed }, opts).value;
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
  const departures = new Departures(
    `${name}-departures`,
    {
      ...Object.fromEntries(people.map(({ username, hashedPassword }) => [username, pulumi.secret(hashedPassword)])),
      // No user name begins like this.
      ...Object.fromEntries(Object.entries(keyRotations).map(([pair, number]) => [`#${pair}`, String(number)])),
    },
    opts,
  );
  const rotations = { ...keyRotations, signing: departures.count };
  const made = (wanted: (credential: Credential) => boolean): Texts =>
    secretTexts(
      Object.fromEntries(
        CREDENTIALS.filter(wanted).map(({ key, kind, of }) => {
          const length = CREDENTIAL_LENGTHS[kind];
          const rules = { length, ...(kind === "key" && { alphabet: KEY_ALPHABET }), rotation: rotations[of] };
          return [key, new GeneratedText(`${name}-${key.replaceAll("_", "-")}`, rules, opts).value] as const;
        }),
      ),
    );
  return {
    credentials: made(({ of }) => of !== "signing"),
    signing: made(({ of }) => of === "signing"),
    passwords: secretTexts(Object.fromEntries(people.map(({ username, password }) => [username, password]))),
    files: secretTexts({ "apiserver.conf": configuration.apply(apiserverConf) }),
  };
}

/** Puts them into the namespace, under the names the chart's values give. */
export function registerSecrets(
  name: string,
  { credentials, signing, files }: ServerSecrets,
  namespace: pulumi.Input<string>,
  cluster: Cluster,
  opts: pulumi.CustomResourceOptions,
): Record<"credentials" | "configuration", k8s.core.v1.Secret> {
  const secret = (suffix: string, secretName: string, stringData: Texts) =>
    new k8s.core.v1.Secret(
      `${name}-${suffix}`,
      { metadata: { name: secretName, namespace }, stringData },
      { ...opts, provider: cluster.provider },
    );
  return {
    credentials: secret(
      "credentials",
      SECRETS.credentials,
      pulumi.all([credentials, signing]).apply((parts) => Object.assign({}, ...parts) as Record<string, string>),
    ),
    configuration: secret("configuration", SECRETS.configuration, files),
  };
}

/**
 * The record that ends API keys of who gets another password. Secrets with the new one come after it: see the record.
 */
export function apiKeysOf(
  name: string,
  { endpoint, addresses, port }: Pick<ClearmlConfig, "endpoint" | "addresses" | "port">,
  people: Texts,
  opts: pulumi.CustomResourceOptions,
): OwnResource {
  const asked = endpoint ?? (addresses.api === undefined ? undefined : httpUrl(addresses.api, port));
  const inputs = { people, ...(asked !== undefined && { endpoint: asked }) };
  return new OwnResource(`${name}-api-keys`, "clearml:ApiKeys", inputs, [], opts);
}

/** The key of the object store for the job that deletes files, which starts anew when that is another. */
export function deleteJobSecret(
  name: string,
  s3: pulumi.Input<S3Access>,
  namespace: pulumi.Input<string>,
  cluster: Cluster,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret {
  const credentials = pulumi.secret(pulumi.output(s3).apply((access) => storeCredentials(access)));
  const secret = new k8s.core.v1.Secret(
    `${name}-delete-job`,
    { metadata: { name: SECRETS.deleteJob, namespace }, stringData: { [DELETE_JOB_KEY]: credentials } },
    { ...opts, provider: cluster.provider },
  );
  restartedReaders(
    `${name}-delete-job-readers`,
    { cluster, namespace, texts: { [SECRETS.deleteJob]: credentials } },
    { ...opts, dependsOn: [secret] },
  );
  return secret;
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
