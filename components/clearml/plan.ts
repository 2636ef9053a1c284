import type { ChartSource } from "../charts/source.ts";
import { installedVersions } from "../charts/versions.ts";
import { agentPlan, type AgentPlan } from "./agent/plan.ts";
import type { ClearmlConfig } from "./clearml-config.ts";
import { CLEARML_VERSIONS, clearmlWish, type ClearmlVersions } from "./versions.ts";

/** ClearML, and what is worked out of its keys. */
export interface ClearmlPlan {
  config: ClearmlConfig;
  versions: ClearmlVersions;
  /** Undefined: it is off. */
  agent: AgentPlan | undefined;
}

/** Chart of the agent for servers that no set of versions is known for: the newest of the known sets. */
const AGENT_CHART = "5.3.3";

/**
 * @param chart the server's, where it is at hand: one that a user put in the locked one's place counts
 * @throws UserError for versions that do not go together
 */
export function clearmlPlan(config: ClearmlConfig, chart?: ChartSource): ClearmlPlan {
  const versions = installedVersions(CLEARML_VERSIONS, clearmlWish(config), chart);
  const agent = config.agent.enabled ? agentPlan(config.agent, versions.parts.agent ?? AGENT_CHART) : undefined;
  return { config, versions, agent };
}
