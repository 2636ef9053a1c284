import { apiServer } from "../../kubernetes/api-server.ts";
import type { ClusterAccess } from "../../kubernetes/cluster.ts";
import { kubeConfig } from "../../kubernetes/kube-config.ts";
import { changedKeys } from "../../records/changed.ts";
import { IN_STATE_ALONE } from "../../records/in-state.ts";
import type { ResourceKind } from "../../records/kind.ts";

interface Inputs {
  connection: ClusterAccess & { namespace: string };
  kept: Kept[];
  /** What keeps them is given another one here, too: they are compared when this is made, and never again. Default: each time. */
  onlyAtFirst?: boolean;
}

interface Kept {
  /** Name of the Secret that the data was made with. */
  secret: string;
  /** Key of the password in it. */
  field: string;
  password: string;
  /** What keeps the password, by the name a person knows it by. */
  keeper: string;
  /** Where the stack file says it. */
  key: string;
  /** Command that changes it there. Default: there is none to tell. */
  command?: string;
}

const WITHIN_MS = 30_000;

/**
 * Passwords that live on in volumes: what was made with one opens with it, whatever a Secret says later. So another one is refused while the
 * Secret in the cluster has the old one, all in one message. Unlike other kinds' `check` this one asks the cluster: the volume, and the Secret
 * with it, may be of a stack that is gone.
 */
export const kind: ResourceKind<Inputs> = {
  secrets: ["kept"],
  async check({ connection, kept, onlyAtFirst = false }, olds, { signal }) {
    if (onlyAtFirst && olds.kept !== undefined) return [];
    const there = await Promise.all(kept.map((one) => passwordInCluster(connection, one, signal)));
    const others = kept.filter(({ password }, index) => there[index] !== undefined && there[index] !== password);
    return others.map((one) => refusal(connection.namespace, one));
  },
  create: (inputs) => Promise.resolve({ id: "kept", outs: inputs }),
  ...IN_STATE_ALONE,
  update: (_id, _olds, news) => Promise.resolve(news),
  diff: (olds, news) => ({ changed: changedKeys(["kept"], olds, news) }),
};

function refusal(namespace: string, { secret, field, keeper, key, command }: Kept): string {
  const kubectl = `kubectl -n ${namespace}`;
  const path = `{.data['${field}']}`;
  return [
    `${key}: ${keeper} keeps the password it was made with, and Secret ${secret} has another than this.`,
    `To go on with that one: ${kubectl} get secret ${secret} -o "jsonpath=${path}" | base64 -d | pulumi config set --path --secret '${key}'`,
    ...(command === undefined
      ? []
      : [
          `To change it: first there (${kubectl} ${command}), then ${kubectl} delete secret ${secret}, then up, which makes the Secret anew.`,
        ]),
  ].join(" ");
}

async function passwordInCluster(
  { namespace, ...access }: Inputs["connection"],
  { secret, field }: Kept,
  signal: AbortSignal,
): Promise<string | undefined> {
  const send = apiServer(await kubeConfig(access), signal);
  const { status, text } = await send({
    method: "GET",
    path: `/api/v1/namespaces/${namespace}/secrets/${secret}`,
    timeoutMs: WITHIN_MS,
  });
  // Whoever may not read it may not write it either, which the engine says better.
  if (status !== 200) return undefined;
  const { data = {} } = JSON.parse(text) as { data?: Record<string, string> };
  const encoded = data[field];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8");
}
