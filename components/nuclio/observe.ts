import type { V1Deployment } from "@kubernetes/client-node";
import type { ClusterAccess } from "../kubernetes/cluster.ts";
import { rollout } from "./client/function-objects.ts";
import { hasAddress, hasEnded, isBroken, type LiveFunction } from "./client/types.ts";
import { connect } from "./connect.ts";
import { markOf } from "./handed-over.ts";
import { objectOf } from "./names.ts";
import type { Nuclio } from "./sides.ts";
import { isBuildForgotten } from "./under-way.ts";

/** What a look before the run found of one function: `fine`, or what a deployment cures. */
export type Finding =
  | "fine"
  | "gone"
  | "error"
  | "unhealthy"
  | "without state"
  | "forgotten while building"
  | "switched off"
  | "without Deployment"
  | "without Service"
  | "without runtime class"
  | "without address"
  | "not running";

/** What a look before the run saw of one function. */
export interface Seen {
  finding: Finding;
  /** The mark of what was handed over last. Default: none is there. */
  mark?: string;
}

const WITHIN_MS = 15_000;

/**
 * What is wrong with functions, so that a run repairs it without a refresh. Empty where nobody can say: before Nuclio is there, or while
 * the cluster is not reached, which whatever needs it reports better.
 * @param functions the runtime class each should have, by name
 * @param tell is told when Nuclio runs and does not say how its functions are
 */
export async function observeFunctions(
  access: ClusterAccess,
  namespace: string,
  functions: Readonly<Record<string, string | undefined>>,
  tell: (warning: string) => void,
): Promise<Record<string, Seen>> {
  if (Object.keys(functions).length === 0) return {};
  const nuclio = await connect(access, namespace, { retries: 1, timeoutMs: WITHIN_MS }).catch(() => undefined);
  return nuclio === undefined ? {} : findingsOr(nuclio, functions, tell);
}

/** {@link findings}, or nothing where they cannot be had; a silence of Nuclio that runs is told, since the run then repairs nothing. */
export async function findingsOr(
  nuclio: Nuclio,
  functions: Readonly<Record<string, string | undefined>>,
  tell: (warning: string) => void,
): Promise<Record<string, Seen>> {
  try {
    return await findings(nuclio, functions);
  } catch (error) {
    const since = await nuclio.objects.dashboardSince().catch(() => undefined);
    if (since !== undefined) tell(unseen(error, Object.keys(functions)));
    return {};
  }
}

const unseen = (error: unknown, names: readonly string[]) =>
  `Nuclio runs and does not say how its functions are (${firstLine(error)}), so this run does not see, nor repair, what broke of ` +
  `${names.join(", ")}. Run again when npm run platform -- function list answers.`;

const firstLine = (error: unknown) => (error as Error).message.split("\n", 1)[0] ?? "";

export async function findings(
  { dashboard, objects }: Nuclio,
  functions: Readonly<Record<string, string | undefined>>,
): Promise<Record<string, Seen>> {
  const [live, deployments, services, changes, dashboardSince] = await Promise.all([
    dashboard.functions(),
    objects.deployments(),
    objects.services(),
    objects.changes(),
    objects.dashboardSince(),
  ]);
  const seen = ([name, runtimeClass]: [string, string | undefined]): [string, Seen] => {
    const one = live[name];
    if (one === undefined) return [name, { finding: "gone" }];
    const finding = findingOf(one, {
      deployment: deployments[name],
      hasService: services.has(name),
      runtimeClass,
      isForgotten: isBuildForgotten(changes[name], dashboardSince),
    });
    const mark = markOf(one);
    return [name, { finding, ...(mark !== undefined && { mark }) }];
  };
  return Object.fromEntries(Object.entries(functions).map(seen));
}

/** What is seen of a function beside what the dashboard says. */
interface Around {
  deployment: V1Deployment | undefined;
  hasService: boolean;
  /** The runtime class it should have. */
  runtimeClass: string | undefined;
  /** Whether the dashboard was started after the function was changed last. */
  isForgotten: boolean;
}

/** What may be wrong with a function, the telling first. One that is being built is fine: what comes of it is seen next time. */
const FINDINGS: readonly { finding: Finding; isSo: (live: LiveFunction, around: Around) => boolean }[] = [
  { finding: "without state", isSo: ({ status }) => !status?.state },
  {
    finding: "forgotten while building",
    isSo: ({ status }, { isForgotten }) => status?.state === "building" && isForgotten,
  },
  { finding: "fine", isSo: ({ status }) => status?.state === "building" },
  { finding: "error", isSo: ({ status }) => status?.state === "error" },
  { finding: "switched off", isSo: ({ spec }) => spec.disable === true },
  { finding: "without Deployment", isSo: (_live, { deployment }) => deployment === undefined },
  { finding: "without Service", isSo: (_live, { hasService }) => !hasService },
  {
    finding: "without runtime class",
    isSo: (_live, { runtimeClass, deployment }) =>
      runtimeClass !== undefined && deployment?.spec?.template.spec?.runtimeClassName === undefined,
  },
  { finding: "unhealthy", isSo: ({ status }) => isBroken(status?.state) },
  {
    finding: "not running",
    isSo: ({ metadata }, { deployment }) => !rollout(objectOf(metadata.name), deployment).ready,
  },
  { finding: "without address", isSo: (live) => hasEnded(live) && !hasAddress(live) },
];

function findingOf(live: LiveFunction, around: Around): Finding {
  return FINDINGS.find(({ isSo }) => isSo(live, around))?.finding ?? "fine";
}
