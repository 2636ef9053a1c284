import { AGENT_RELEASE } from "../../components/clearml/agent/names.ts";
import { RELEASE as CLEARML_RELEASE } from "../../components/clearml/names.ts";
import type { Plan } from "../../components/lab/plan.ts";
import { RELEASE as CVAT_RELEASE } from "../../components/nuclio/names.ts";
import { plainValues } from "./plain-values.ts";
import type { Render } from "./render.ts";

/** The charts of a lab with the values that it gives them, but that a word stands for each secret. */
export async function labRenders(plan: Plan, charts: readonly { name: string; path: string }[]): Promise<Render[]> {
  const { cvat, clearml } = plan.lab;
  const values = await plainValues(plan);
  const parts = [
    { name: "cvat", release: CVAT_RELEASE, namespace: cvat.namespace, values: values.cvat },
    { name: "clearml", release: CLEARML_RELEASE, namespace: clearml.namespace, values: values.clearml },
    { name: "clearml-agent", release: AGENT_RELEASE, namespace: clearml.agent.namespace, values: values.agent },
  ];
  return parts.flatMap(({ name, ...render }) => {
    const chart = charts.find((one) => one.name === name);
    return chart && render.values !== undefined ? [{ ...render, chart: chart.path }] : [];
  });
}
