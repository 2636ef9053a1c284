import type * as auto from "@pulumi/pulumi/automation/index.js";
import { Unreached } from "../../components/kubernetes/api-server.ts";
import type { LabConfig } from "../../components/lab/sections.ts";
import { UserError } from "../../components/program/errors.ts";
import { clusterIsTheSame, lostSince, type Lost } from "../../components/preflight/same-cluster.ts";
import { knownCluster } from "../../components/preflight/state.ts";
import type { ClusterFacts } from "../../components/preflight/facts.ts";
import { tokenOf, type Token } from "../../components/records/tokens.ts";
import { problemList } from "../../components/schema/problems.ts";
import { lookAtCluster } from "../cluster/look.ts";
import type { Progress } from "../progress.ts";
import { isKept } from "./kept.ts";
import { readState, writeState, type StoredResource } from "./stored-state.ts";
import { parseUrn } from "./urn.ts";

/**
 * Lets go, in state alone, of what the stack believes to be in a cluster or a namespace that is no longer there. Buckets and users of the
 * object store stay, and the generated passwords.
 */
export async function forgetLostResources(stack: auto.Stack, lab: LabConfig, progress: Progress): Promise<void> {
  const facts = await factsOf(lab);
  const state = await readState(stack);
  const resources = state.deployment.resources ?? [];
  const lost = facts && lostSince(facts, knownCluster(resources));
  const kept = lost === undefined ? resources : withoutLost(resources, lost);
  if (kept.length === resources.length) return;
  await writeState(stack, { ...state, deployment: { ...state.deployment, resources: kept } });
  progress.line(`The state of ${stack.name} let go of ${resources.length - kept.length} resources that are lost.`);
}

/**
 * Lets go, in state alone, of records in a database that is put back from a dump: there they have other numbers, or are not, and what has theirs
 * is another. The next `up` finds them by their names and takes them over, or makes them.
 */
export async function forgetRecords(stack: auto.Stack, tokens: readonly Token[], progress: Progress): Promise<void> {
  const state = await readState(stack);
  const resources = state.deployment.resources ?? [];
  const kept = withoutRecords(resources, tokens);
  if (kept.length === resources.length) return;
  await writeState(stack, { ...state, deployment: { ...state.deployment, resources: kept } });
  progress.line(
    `The state of ${stack.name} let go of ${resources.length - kept.length} records of the database: the next up finds them by their names.`,
  );
}

/** A state's resources without records of some kinds, and without mention of them. */
export function withoutRecords(resources: readonly StoredResource[], tokens: readonly Token[]): StoredResource[] {
  const isOne = ({ type }: StoredResource) => tokens.some((token) => token === tokenOf(type));
  return withoutAll(resources, new Set(resources.filter(isOne).map(({ urn }) => urn)));
}

/**
 * Holds a destroy back where the stack file's cluster is not the one that the state is about: it would take down a lab in a cluster that
 * nobody named, or count for gone what another cluster never had.
 * @throws UserError with the way to go on
 */
export async function assertSameCluster(stack: auto.Stack, lab: LabConfig): Promise<void> {
  const facts = await factsOf(lab);
  if (facts === undefined) return;
  const known = knownCluster((await readState(stack)).deployment.resources ?? []);
  const findings = clusterIsTheSame(facts, lab, known, "destroy");
  if (findings.length > 0) throw new UserError(problemList(`Nothing of stack ${stack.name} was removed:`, findings));
}

/** A cluster that does not answer is left to the engine, which says so. */
async function factsOf(lab: LabConfig): Promise<ClusterFacts | undefined> {
  try {
    return (await lookAtCluster(lab.cluster)).facts;
  } catch (error) {
    if (error instanceof Unreached) return undefined;
    throw error;
  }
}

/** Systems whose records lie in the database of another one. */
const DATABASE_OF: Readonly<Record<string, string>> = { Nuclio: "CVAT", "ClearML's agent": "ClearML" };

/** A state's resources without those that are lost, and without mention of them. */
export function withoutLost(resources: readonly StoredResource[], lost: Lost): StoredResource[] {
  const namespaces = new Set(lost.namespaces.map(({ name }) => name));
  const objects = new Map(knownCluster(resources).objects.map((object) => [object.urn, object]));
  const isLostObject = ({ urn }: StoredResource) => {
    const object = objects.get(urn);
    if (object === undefined) return false;
    return lost.cluster || namespaces.has(object.kind === "Namespace" ? object.name : (object.namespace ?? ""));
  };
  const systems = new Set(resources.filter(isLostObject).map(({ urn }) => parseUrn(urn).system));
  const isLostRecord = ({ urn, type }: StoredResource) => {
    const { system } = parseUrn(urn);
    if (!isInTheCluster(type) || isKept(type) || system === "MinIO") return false;
    return lost.cluster || systems.has(DATABASE_OF[system] ?? system);
  };
  const gone = new Set(
    resources.filter((resource) => isLostObject(resource) || isLostRecord(resource)).map(({ urn }) => urn),
  );
  return withoutAll(resources, gone);
}

const withoutAll = (resources: readonly StoredResource[], gone: ReadonlySet<string>): StoredResource[] =>
  resources.filter(({ urn }) => !gone.has(urn)).map((resource) => withoutMention(resource, gone));

/** Records of REST APIs that run in the cluster, and the image on its nodes. */
const isInTheCluster = (type: string) => tokenOf(type) !== undefined || type.startsWith("command:");

function withoutMention(resource: StoredResource, gone: ReadonlySet<string>): StoredResource {
  const { dependencies, propertyDependencies, deletedWith, ...rest } = resource;
  const left = (urns: readonly string[]) => urns.filter((urn) => !gone.has(urn));
  return {
    ...rest,
    ...(dependencies && { dependencies: left(dependencies) }),
    ...(propertyDependencies && {
      propertyDependencies: Object.fromEntries(
        Object.entries(propertyDependencies).map(([key, urns]) => [key, left(urns)]),
      ),
    }),
    ...(deletedWith !== undefined && !gone.has(deletedWith) && { deletedWith }),
  };
}
