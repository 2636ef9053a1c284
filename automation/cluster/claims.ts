import type { Send } from "../../components/kubernetes/api-server.ts";
import { UserError } from "../../components/program/errors.ts";
import { apiPath, type ObjectName } from "../../components/kubernetes/api-path.ts";
import type { ClaimOfOtherClass } from "../../components/preflight/storage-class.ts";
import { until } from "../../components/rest/until.ts";

const WITHIN_MS = 10_000;
/** A claim that was never bound is held by no pod that runs, so it goes at once. */
const GONE_WITHIN_MS = 60_000;
const POLL_MS = 200;

/**
 * Deletes claims that were never bound, for this run to make them again of another class. Their StatefulSets go first: each would make the
 * claim again from its own template, which cannot change.
 * @throws UserError when the API server refuses, or one of them does not go
 */
export async function removeUnbound(claims: readonly ClaimOfOtherClass[], send: Send): Promise<void> {
  const sets = claims.flatMap(({ namespace, statefulSet }): ObjectName[] =>
    statefulSet === undefined ? [] : [{ apiVersion: "apps/v1", kind: "StatefulSet", namespace, name: statefulSet }],
  );
  await Promise.all(sets.map((set) => remove(set, send)));
  await Promise.all(
    claims.map(({ namespace, name }) =>
      remove({ apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name }, send),
    ),
  );
}

async function remove(object: ObjectName, send: Send): Promise<void> {
  const path = apiPath(object);
  const { status } = await send({
    method: "DELETE",
    path,
    body: { propagationPolicy: "Background" },
    timeoutMs: WITHIN_MS,
  });
  const problem = `${object.kind} ${object.namespace ?? ""}/${object.name}, which holds nothing and is to be made again`;
  if (status >= 300 && status !== 404)
    throw new UserError(`${problem}: the API server answers ${status} to its deletion.`);
  await until(() => send({ method: "GET", path, timeoutMs: WITHIN_MS }), {
    isDone: (found) => found.status === 404,
    everyMs: POLL_MS,
    withinMs: GONE_WITHIN_MS,
    late: () =>
      new UserError(`${problem}, is still being deleted: see what holds it (kubectl describe), and run up again.`),
  });
}
