import type { ClusterAccess } from "../cluster.ts";
import { connect } from "./connect.ts";
import type { Nuclio } from "./deploy.ts";
import { isBroken } from "./client/types.ts";

/** What a look before the run found of one function: `gone`, a state it does not get out of by itself, or nothing to do. */
export type Finding = "fine" | "gone" | "error" | "unhealthy" | "without runtime class";

const WITHIN_MS = 5000;

/**
 * What is wrong with functions, so that a run repairs it without a refresh. Empty where nobody can say: before Nuclio is there, or while
 * it is not reached, which whatever needs it reports better.
 * @param functions the runtime class each should have, by name
 */
export async function observeFunctions(
  access: ClusterAccess,
  namespace: string,
  functions: Readonly<Record<string, string | undefined>>,
): Promise<Record<string, Finding>> {
  if (Object.keys(functions).length === 0) return {};
  try {
    return await findings(await connect(access, namespace, { retries: 0, timeoutMs: WITHIN_MS }), functions);
  } catch {
    return {};
  }
}

export async function findings(
  { dashboard, objects }: Nuclio,
  functions: Readonly<Record<string, string | undefined>>,
): Promise<Record<string, Finding>> {
  const [live, deployments] = await Promise.all([dashboard.functions(), objects.deployments()]);
  const finding = (name: string, runtimeClass: string | undefined): Finding => {
    const state = live[name]?.status?.state;
    if (live[name] === undefined) return "gone";
    if (isBroken(state)) return state as "error" | "unhealthy";
    if (state !== "ready") return "fine";
    const deployment = deployments[name];
    if (deployment === undefined) return "gone";
    return runtimeClass !== undefined && deployment.spec?.template.spec?.runtimeClassName === undefined
      ? "without runtime class"
      : "fine";
  };
  return Object.fromEntries(Object.entries(functions).map(([name, wanted]) => [name, finding(name, wanted)]));
}
