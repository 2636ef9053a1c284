import { versionsIn } from "../../components/preflight/versions.ts";

/** A chart that is installed in another version. */
export interface ChartMove {
  chart: string;
  from: string;
  to: string;
}

/** The versions of the charts that a stack's outputs tell, by chart. */
export function chartsIn(outputs: Readonly<Record<string, unknown>>): Record<string, string> {
  const { cvat, clearml } = versionsIn([{ type: "pulumi:pulumi:Stack", outputs }]);
  const told = { cvat: cvat["chart"], clearml: clearml["chart"], "clearml-agent": clearml["agent"] };
  return Object.fromEntries(
    Object.entries(told).flatMap(([chart, versions]) => (versions?.[0] === undefined ? [] : [[chart, versions[0]]])),
  );
}

/** Charts of both runs whose version is another one. */
export function chartMoves({ before, after }: Readonly<Record<"before" | "after", Readonly<Record<string, string>>>>) {
  return Object.entries(after).flatMap(([chart, to]): ChartMove[] => {
    const from = before[chart];
    return from === undefined || from === to ? [] : [{ chart, from, to }];
  });
}
