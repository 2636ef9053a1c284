import { baselineLabels } from "../../kubernetes/pod-security.ts";
import type { AgentConfig } from "./agent-config.ts";

/** Tasks run other people's images: with this label none of them gets at its node. */
export const agentLabels = ({ values }: AgentConfig) => baselineLabels(values);
