import type { Send } from "../../kubernetes/api-server.ts";
import { UserError } from "../../program/errors.ts";
import { FIELD_MANAGER } from "../../kubernetes/field-manager.ts";
import { objectOf } from "../names.ts";

/** What is done to the objects of a function past Nuclio, where Nuclio itself has no way. */
export interface Interventions {
  /** Sets how many pods its Deployment has. One that is gone is no error. */
  scale(name: string, replicas: number): Promise<void>;
  /** Removes pods by their own names; their Deployment makes them anew. */
  removePods(pods: readonly string[]): Promise<void>;
  /** Removes what Nuclio made of a function: Service, Deployment and ConfigMap, with the pods. */
  removeObjects(name: string): Promise<void>;
}

const WITHIN_MS = 30_000;

export function interventions(send: Send, namespace: string): Interventions {
  const ask = async (method: "PATCH" | "DELETE", path: string, body: object) => {
    const headers: Record<string, string> =
      method === "PATCH" ? { "content-type": "application/merge-patch+json" } : {};
    const { status } = await send({ method, path, headers, body, timeoutMs: WITHIN_MS });
    if (status < 300 || status === 404) return;
    throw new UserError(`The API server answers ${status} to ${method} ${path}${status === 403 ? RIGHTS : "."}`);
  };
  const core = `/api/v1/namespaces/${namespace}`;
  const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  return {
    scale: (name, replicas) =>
      ask("PATCH", `${deployments}/${objectOf(name)}?fieldManager=${FIELD_MANAGER}`, { spec: { replicas } }),
    async removePods(pods) {
      for (const pod of pods) await ask("DELETE", `${core}/pods/${pod}`, {});
    },
    async removeObjects(name) {
      const folders = [`${core}/services`, deployments, `${core}/configmaps`];
      for (const folder of folders)
        await ask("DELETE", `${folder}/${objectOf(name)}`, { propagationPolicy: "Foreground" });
    },
  };
}

const RIGHTS = ": the kubeconfig's user needs the right to change Deployments and to remove pods and Services there.";
