import { isMap } from "../../components/program/maps.ts";

/** A chart that is installed in another version. */
export interface ChartMove {
  chart: string;
  from: string;
  to: string;
}

/** Where the outputs of a stack say which version of a chart it has. */
const CHARTS: readonly { chart: string; at: readonly string[] }[] = [
  { chart: "cvat", at: ["cvat", "versions", "parts", "chart"] },
  { chart: "clearml", at: ["clearml", "versions", "parts", "chart"] },
  { chart: "clearml-agent", at: ["clearml", "versions", "parts", "agent"] },
];

type Outputs = Readonly<Record<string, unknown>>;

/** The versions of the charts that a stack's outputs tell, by chart. */
export function chartsIn(outputs: Outputs): Record<string, string> {
  return Object.fromEntries(
    CHARTS.flatMap(({ chart, at }) => {
      const version = at.reduce<unknown>((value, key) => (isMap(value) ? value[key] : undefined), outputs);
      return typeof version === "string" ? [[chart, version]] : [];
    }),
  );
}

/** Charts of both runs whose version is another one. */
export function chartMoves({ before, after }: Readonly<Record<"before" | "after", Readonly<Record<string, string>>>>) {
  return Object.entries(after).flatMap(([chart, to]): ChartMove[] => {
    const from = before[chart];
    return from === undefined || from === to ? [] : [{ chart, from, to }];
  });
}
