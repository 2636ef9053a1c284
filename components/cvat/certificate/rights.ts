import type { Copied } from "./copied.ts";
import { COPY_JOB } from "./copy-pod.ts";
import type { CopiedFrom } from "./tls-config.ts";

/** A Role of one Secret, and what gives it to the account of the copying pods. */
export interface Right {
  /** Tells the two apart: `source`. */
  of: "source" | "copy";
  metadata: { name: string; namespace: string };
  rules: { apiGroups: string[]; resources: string[]; resourceNames: string[]; verbs: string[] }[];
  roleRef: { apiGroup: string; kind: "Role"; name: string };
  subjects: { kind: "ServiceAccount"; name: string; namespace: string }[];
}

/**
 * Read the source, write the copy, and nothing else. Who may make Secrets may make one of any account's token, so the pods do not: the copy is
 * there before them. (kubernetes.io: RBAC good practices, secrets)
 */
export function copyRights({ source, copy }: Copied): Right[] {
  return [
    // In a namespace of others, of which more than one lab may copy.
    right("source", source, `${copy.namespace}-certificate-copy`, ["get"], copy.namespace),
    right("copy", copy, COPY_JOB, ["get", "patch"], copy.namespace),
  ];
}

function right(of: Right["of"], secret: CopiedFrom, name: string, verbs: string[], accountNamespace: string): Right {
  return {
    of,
    metadata: { name, namespace: secret.namespace },
    rules: [{ apiGroups: [""], resources: ["secrets"], resourceNames: [secret.name], verbs }],
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects: [{ kind: "ServiceAccount", name: COPY_JOB, namespace: accountNamespace }],
  };
}
