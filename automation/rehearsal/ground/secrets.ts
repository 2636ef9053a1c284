import type { LabConfig } from "../../../components/lab/sections.ts";
import { serviceSecretsOf } from "../../../components/preflight/service-secrets.ts";
import { tlsSecretOf } from "../../../components/preflight/tls-secret.ts";
import type { Likeness } from "./likeness.ts";
import { namespace, type Ground } from "./object.ts";

/** A Secret that the stack file names and that a person, or another program, makes. */
export interface NamedSecret {
  namespace: string;
  name: string;
  type: string;
  /** Its keys, with nothing that opens anything. */
  texts: Readonly<Record<string, string>>;
  /** `with CVAT's certificate`. */
  what: string;
}

const STAND_IN = "a rehearsal's stand-in";
const STAND_IN_PASSWORD = "stand-in-of-a-rehearsal";

/** Every Secret that the stack file names. */
export function secretsNamed(lab: LabConfig): NamedSecret[] {
  const { cvat, functions } = lab;
  const tls = tlsSecretOf(lab);
  const withNuclio = cvat.enabled && cvat.nuclio.enabled;
  const registries = withNuclio
    ? [cvat.nuclio.registry?.existingSecret, ...Object.values(functions).map(({ registrySecret }) => registrySecret)]
    : [];
  return [
    ...(tls
      ? [
          {
            ...tls,
            type: "kubernetes.io/tls",
            texts: { "tls.crt": STAND_IN, "tls.key": STAND_IN },
            what: "with CVAT's certificate",
          },
        ]
      : []),
    ...serviceSecretsOf(lab).map(({ namespace: where, name, keys, what }) => ({
      namespace: where,
      name,
      type: "Opaque",
      texts: Object.fromEntries(keys.map((key) => [key, key === "password" ? STAND_IN_PASSWORD : "cvat"])),
      what,
    })),
    ...[...new Set(registries.flatMap((name) => name ?? []))].map((name) => ({
      namespace: cvat.namespace,
      name,
      type: "kubernetes.io/dockerconfigjson",
      texts: { ".dockerconfigjson": '{"auths":{}}' },
      what: "for a registry",
    })),
  ];
}

/** They are taken to be there, unless the lab's own cluster is known and has them not. */
export function secrets(lab: LabConfig, likeness: Likeness | undefined): Ground {
  const found = secretsNamed(lab).filter((one) => !likeness?.missingSecrets.includes(`${one.namespace}/${one.name}`));
  return {
    objects: found.flatMap(({ namespace: where, name, type, texts }) => [
      namespace(where),
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name, namespace: where },
        type,
        data: Object.fromEntries(
          Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")]),
        ),
      },
    ]),
    notes: found.map(({ namespace: where, name, what }) => `Secret ${where}/${name} ${what}; at home it must be there`),
  };
}
