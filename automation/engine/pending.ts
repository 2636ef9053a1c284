import type * as auto from "@pulumi/pulumi/automation/index.js";
import { apiPath } from "../../components/kubernetes/api-path.ts";
import { apiServer, Unreached, type Send } from "../../components/kubernetes/api-server.ts";
import { FIELD_MANAGER, type ManagedMetadata } from "../../components/kubernetes/field-manager.ts";
import { kubeConfig } from "../../components/kubernetes/kube-config.ts";
import { UserError } from "../../components/program/errors.ts";
import { isMap } from "../../components/program/maps.ts";
import { readState, writeState, type PendingOperation, type StoredResource } from "./stored-state.ts";
import { parseUrn } from "./urn.ts";

/** What was found of something that a killed engine had under way. */
export type Found =
  /** The state has it: what was to be done is done again by the next up. */
  | "in state"
  /** It is there, applied under our name: the next up takes it over. */
  | "ours"
  /** It is there, and nothing of it is applied under our name. */
  | "another's"
  /** It is not there. */
  | "absent"
  /** It is found by its name by whoever makes it, or the cluster did not answer. */
  | "not looked at";

export interface Pending {
  operation: PendingOperation["type"];
  urn: string;
  found: Found;
}

const WITHIN_MS = 10_000;

/**
 * Looks at what killed engines had under way, and says what became of it. Nothing is changed.
 */
export async function pendingIn({ deployment }: Awaited<ReturnType<typeof readState>>): Promise<Pending[]> {
  const { pending_operations: operations = [], resources = [] } = deployment;
  const known = new Set(resources.map(({ urn }) => urn));
  const look = lookers(resources);
  return Promise.all(
    operations.map(async ({ type, resource }) => ({
      operation: type,
      urn: resource.urn,
      found: known.has(resource.urn) ? "in state" : await look(resource),
    })),
  );
}

/**
 * Takes out of a stack's state what killed engines had under way there. An `up` does all of it again and notes its end, but for what was being
 * made: of that the state keeps a mark for ever, though the same `up` makes it or takes it over. (pull-requests.md, 6)
 */
export async function settlePending(stack: auto.Stack): Promise<Pending[]> {
  const state = await readState(stack);
  const found = await pendingIn(state);
  // The engine leaves out what is pending in a state that is handed to it, and says so. (pulumi: pkg/cmd/pulumi/stack/io.go, SaveSnapshot)
  if (found.length > 0) await writeState(stack, state);
  return found;
}

/** How a resource is looked for: objects at the API server to which the state's own provider leads. */
function lookers(resources: readonly StoredResource[]): (resource: PendingOperation["resource"]) => Promise<Found> {
  const servers = new Map<string, Promise<Send>>();
  return async ({ type, inputs = {}, provider = "" }) => {
    const [urn = ""] = provider.split(/::(?=[^:]*$)/);
    const place = resources.find((resource) => resource.urn === urn)?.outputs;
    const object = objectIn(inputs);
    if (!type.startsWith("kubernetes:") || type.endsWith("Patch") || object === undefined || place === undefined)
      return "not looked at";
    const server = servers.get(urn) ?? serverOf(place);
    servers.set(urn, server);
    try {
      const { status, text } = await (await server)({ method: "GET", path: apiPath(object), timeoutMs: WITHIN_MS });
      if (status === 404) return "absent";
      if (status !== 200) return "not looked at";
      const { managedFields = [] } = (JSON.parse(text) as { metadata: ManagedMetadata }).metadata;
      return managedFields.some(({ manager }) => manager === FIELD_MANAGER) ? "ours" : "another's";
    } catch (error) {
      if (error instanceof Unreached || error instanceof UserError) return "not looked at";
      throw error;
    }
  };
}

async function serverOf({ kubeconfig, context }: Readonly<Record<string, unknown>>): Promise<Send> {
  return apiServer(
    await kubeConfig({
      ...(typeof kubeconfig === "string" && { kubeconfig }),
      ...(typeof context === "string" && { context }),
    }),
  );
}

function objectIn({ apiVersion, kind, metadata }: Readonly<Record<string, unknown>>) {
  if (!isMap(metadata)) return undefined;
  const { name, namespace } = metadata;
  if (typeof apiVersion !== "string" || typeof kind !== "string" || typeof name !== "string") return undefined;
  return { apiVersion, kind, name, ...(typeof namespace === "string" && { namespace }) };
}

const VERBS: Record<PendingOperation["type"], string> = {
  creating: "was being made",
  updating: "was being changed",
  deleting: "was being removed",
  reading: "was being read",
  importing: "was being taken over",
};

const FINDINGS: Record<Found, string> = {
  "in state": "the state has it, and the next up does again what is not done",
  ours: "it is there, and the next up takes it over",
  "another's": "one is there that is not the stack's: the next up names what the two disagree about",
  absent: "it is not there, and the next up makes it",
  "not looked at": "the next up finds it by its name, or makes it",
};

/** What is left of what the program does not ask for any more. */
const NOT_ASKED: Record<Found, string> = {
  ...FINDINGS,
  ours: "it is there, the program does not ask for it any more, and the state does not know it: remove it by hand",
  "another's": "one is there that is not the stack's",
  "not looked at": "the program does not ask for it any more; where it was made, remove it by hand",
};

/**
 * One sentence about something that a killed engine had under way.
 * @param isAsked whether the program asks for it still. Default: yes
 */
export function pendingText(
  { operation, urn, found }: Pending,
  isAsked: "asked for" | "not asked for" = "asked for",
): string {
  const { system, kind, short } = parseUrn(urn);
  const findings = isAsked === "asked for" ? FINDINGS : NOT_ASKED;
  return `${system}, ${kind} ${short} ${VERBS[operation]}: ${findings[found]}.`;
}
