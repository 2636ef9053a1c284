import type { Send } from "../../components/kubernetes/api-server.ts";
import { apiPath, type ObjectName } from "../../components/kubernetes/api-path.ts";
import { FIELD_MANAGER, handOver, isMadeUp } from "../../components/kubernetes/field-manager.ts";
import { knownCluster } from "../../components/preflight/state.ts";
import { isMap } from "../../components/program/maps.ts";
import { UserError } from "../../components/program/errors.ts";
import { patiently } from "../../components/rest/patience.ts";
import type { StateResource } from "../../components/program/state.ts";
import type { Changed, Gone } from "./finding.ts";
import { appliedOf, inOrder, reversalOf, type Patch } from "./repair-object.ts";
import { named } from "./words.ts";

const WITHIN_MS = 30_000;
const TRIES = 4;

/** A stack's resource with what the program gave it, secrets in clear. */
export interface Given extends StateResource {
  inputs: Readonly<Record<string, unknown>>;
}

/**
 * Gives objects of Kubernetes back what the last `up` made of them, by the API server alone: no program runs, so nothing that is new in the
 * stack file comes along.
 * @returns what could not be repaired, each in a sentence
 */
export async function repairObjects(
  { changed, gone }: { changed: readonly Changed[]; gone: readonly Gone[] },
  resources: readonly Given[],
  send: Send,
): Promise<string[]> {
  const names = new Map(knownCluster(resources).objects.map((object) => [object.urn, object]));
  const given = new Map(resources.map((resource) => [resource.urn, resource]));
  const problems: string[] = [];
  const each = async (one: Gone, work: (at: Target) => Promise<void>) => {
    const [name, resource] = [names.get(one.urn), given.get(one.urn)];
    if (!name || !resource) return;
    const { namespace, manager, apiVersion, kind } = name;
    const at = { apiVersion, kind, name: name.name, ...(namespace !== undefined && { namespace }) };
    try {
      await work({ at, manager: isMadeUp(manager) ? manager : FIELD_MANAGER, resource, send });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(`${named(one)}: ${error.message}`);
    }
  };
  // One after the other: what is made first is named by what comes later.
  for (const one of inOrder(gone)) await each(one, apply);
  for (const one of changed) {
    const paths = new Set(one.fields.map(({ path }) => path));
    await each(one, (target) => putBack(target, paths));
  }
  return problems;
}

interface Target {
  at: ObjectName;
  /** The name under which it is applied. */
  manager: string | undefined;
  resource: Given;
  send: Send;
}

async function putBack(target: Target, paths: ReadonlySet<string>): Promise<void> {
  const { resource } = target;
  await patiently(
    async () => {
      const live = await read(target);
      const reversal = reversalOf(resource.outputs, live, appliedOf(resource.inputs), paths);
      if (reversal.patch) await patch(target, reversal.patch);
      if (reversal.applies) await apply(target);
      if (reversal.patch?.some(({ op }) => op === "replace")) await letGo(target);
    },
    { attempts: TRIES, firstPauseMs: 200, longestPauseMs: 1000, mayPass: (error) => error instanceof ChangedMeanwhile },
  );
}

class ChangedMeanwhile extends UserError {}

/** By force: what somebody else set in the fields that we apply is what is put back. */
async function apply({ at, manager = FIELD_MANAGER, resource, send }: Target): Promise<void> {
  const query = `fieldManager=${encodeURIComponent(manager)}&force=true`;
  const answer = await send({
    method: "PATCH",
    path: `${apiPath(at)}?${query}`,
    headers: { "content-type": "application/apply-patch+yaml" },
    body: {
      ...appliedOf(resource.inputs),
      apiVersion: at.apiVersion,
      kind: at.kind,
      metadata: metadataOf(resource, at),
    },
    timeoutMs: WITHIN_MS,
  });
  refuse(answer, "take back what was applied");
}

function metadataOf({ inputs }: Given, { name, namespace }: ObjectName) {
  const metadata = isMap(inputs["metadata"]) ? inputs["metadata"] : {};
  return { ...metadata, name, ...(namespace !== undefined && { namespace }) };
}

async function patch({ at, send }: Target, ops: Patch): Promise<void> {
  const answer = await send({
    method: "PATCH",
    path: `${apiPath(at)}?fieldManager=${FIELD_MANAGER}`,
    headers: { "content-type": "application/json-patch+json" },
    body: ops,
    timeoutMs: WITHIN_MS,
  });
  refuse(answer, "give up what was added");
}

/** What was put back in a field that nobody of ours applies is nobody's again, or the next apply would meet itself as somebody else. */
async function letGo(target: Target): Promise<void> {
  const live = await read(target);
  const ops = handOver(live["metadata"] ?? {}, () => false);
  if (ops) await patch(target, ops);
}

async function read({ at, send }: Target): Promise<Record<string, unknown>> {
  const answer = await send({ method: "GET", path: apiPath(at), timeoutMs: WITHIN_MS });
  refuse(answer, "be read");
  return JSON.parse(answer.text) as Record<string, unknown>;
}

function refuse({ status, text }: { status: number; text: string }, what: string): void {
  if (status < 300) return;
  // The message of a refusal may hold the object: of a Secret, too.
  const reason = /"reason":"(\w+)"/.exec(text)?.[1] ?? "no reason";
  const words = `it could not ${what}: the API server answers ${status} (${reason}).`;
  // A test of JSON Patch that fails is 422 with the reason Invalid.
  throw status === 409 || status === 422 ? new ChangedMeanwhile(words) : new UserError(words);
}
