import type { ChartChoice, ChartRange } from "../charts/kubernetes.ts";
import { CLEARML_VERSIONS, type ClearmlVersions } from "../clearml/versions.ts";
import { CVAT_VERSIONS } from "../cvat/versions.ts";

const CLEARML: ChartChoice = { ...CLEARML_VERSIONS, path: "vision-platform:clearml.version" };

/** By the name of each chart that a lab may install: what chooses its version. */
export const CHART_CHOICES: Readonly<Record<string, ChartChoice>> = {
  cvat: { ...CVAT_VERSIONS, path: "vision-platform:cvat.version" },
  clearml: CLEARML,
  "clearml-agent": CLEARML,
};

/** ClearML's charts as the known-good sets have them. A version that is none of them says nothing before its chart is here. */
export function clearmlRanges({ parts }: ClearmlVersions, agent: boolean): (ChartRange & ChartChoice)[] {
  const { sets } = CLEARML_VERSIONS;
  const ofServer = sets.find((set) => set.parts.chart === parts.chart);
  const ofAgent = sets.find((set) => set.parts.agent === parts.agent);
  return [
    { ...CLEARML, name: "clearml", version: parts.chart, kubernetes: ofServer?.kubernetes?.chart },
    ...(agent && parts.agent !== undefined
      ? [{ ...CLEARML, name: "clearml-agent", version: parts.agent, kubernetes: ofAgent?.kubernetes?.agent }]
      : []),
  ];
}
