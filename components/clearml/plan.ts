import type { ChartSource } from "../charts/source.ts";
import { installedVersions } from "../charts/versions.ts";
import { storageClassOf, type ChosenClass, type DefaultClasses } from "../kubernetes/default-classes.ts";
import { agentPlan, type AgentPlan } from "./agent/plan.ts";
import type { ClearmlConfig } from "./clearml-config.ts";
import { CLEARML_VERSIONS, clearmlWish, type ClearmlVersions } from "./versions.ts";

/** ClearML, and what is worked out of its keys. */
export interface ClearmlPlan {
  config: ClearmlConfig;
  versions: ClearmlVersions;
  /** StorageClass of every claim of the server. */
  storageClass: ChosenClass;
  /** Undefined: it is off. */
  agent: AgentPlan | undefined;
}

/** Chart of the agent for servers that no set of versions is known for: the newest of the known sets. */
const AGENT_CHART = "5.3.3";

export interface ClearmlPlanArgs {
  config: ClearmlConfig;
  /** What the cluster has for claims that name none. */
  classes: DefaultClasses;
}

/** @throws UserError for versions that do not go together */
export function clearmlPlan({ config, classes }: ClearmlPlanArgs): ClearmlPlan {
  const versions = installedVersions(CLEARML_VERSIONS, clearmlWish(config));
  const agent = config.agent.enabled ? agentPlan(config.agent, versions.parts.agent ?? AGENT_CHART) : undefined;
  const storageClass = storageClassOf("clearml.storage.class", config.storage.class, classes);
  return { config, versions, storageClass, agent };
}

/** The plan with the server's chart that is at hand: one that a user put in the locked one's place may be of other versions. */
export function clearmlPlanOn(plan: ClearmlPlan, chart: ChartSource): ClearmlPlan {
  return { ...plan, versions: installedVersions(CLEARML_VERSIONS, clearmlWish(plan.config), chart) };
}
