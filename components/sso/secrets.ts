import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { GeneratedText, PASSWORD_LENGTH } from "../secrets/generated.ts";
import { NONCE_LENGTH, secretStamp } from "../secrets/stamp.ts";
import { labelsOf } from "./labels.ts";
import { SSO_OBJECTS } from "./names.ts";
import { SECRET_KEYS } from "./secret-keys.ts";
import { PASSWORD_FILE, passwordLine } from "./sessions/configuration.ts";
import type { SsoConfig } from "./sso-config.ts";

/** The proxy reads as many letters of base64 as 32 bytes, the longest key of AES. (oauth2-proxy 7.15.6: pkg/encryption/utils.go, SecretBytes) */
const COOKIE_SECRET_LENGTH = 43;

export interface SsoSecretsArgs {
  config: Pick<SsoConfig, "rotation">;
  namespace: pulumi.Input<string>;
  clientSecret: pulumi.Input<string>;
}

/** All that is secret of sign-in, in one Secret: the client's, and what is made once and read by the proxy and its sessions alone. */
export class SsoSecrets {
  readonly object: k8s.core.v1.Secret;
  /** What changes when the pods of the proxy have to start anew. Tells nothing of the secrets. */
  readonly ofProxy: pulumi.Output<string>;
  /** The same of its sessions. */
  readonly ofSessions: pulumi.Output<string>;

  constructor(
    name: string,
    { config: { rotation }, namespace, clientSecret }: SsoSecretsArgs,
    opts: pulumi.CustomResourceOptions,
  ) {
    const made = (what: string, length: number, turn?: number) =>
      new GeneratedText(
        `${name}-${what}`,
        { length, ...(turn !== undefined && { rotation: turn }) },
        { parent: opts.parent },
      ).value;
    const client = pulumi.secret(clientSecret);
    const cookie = made("cookie-secret", COOKIE_SECRET_LENGTH, rotation);
    const password = made("sessions-password", PASSWORD_LENGTH.handedOver, rotation);
    const nonce = made("nonce", NONCE_LENGTH);
    this.object = new k8s.core.v1.Secret(
      `${name}-secret`,
      {
        metadata: { name: SSO_OBJECTS.secret, namespace, labels: labelsOf("oauth2-proxy", "sign-in") },
        stringData: {
          [SECRET_KEYS.client]: client,
          [SECRET_KEYS.cookie]: cookie,
          [SECRET_KEYS.sessions]: password,
          [PASSWORD_FILE]: password.apply(passwordLine),
        },
      },
      opts,
    );
    const stampOf = (...texts: pulumi.Output<string>[]) =>
      pulumi.all([nonce, ...texts]).apply(([key = "", ...rest]) => secretStamp(key, ...rest));
    this.ofProxy = stampOf(client, cookie, password);
    this.ofSessions = stampOf(password);
  }
}
