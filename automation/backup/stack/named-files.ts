import { readFile } from "node:fs/promises";
import path from "node:path";
import { PROJECT } from "../../../components/lab/sections.ts";
import { isMap } from "../../../components/program/maps.ts";
import { pathText } from "../../../components/schema/problems.ts";
import { PROJECT_FOLDER } from "../../project.ts";
import type { StackFile } from "../../stackfile/stack-file.ts";

/** A file that a stack file names. */
export interface NamedFile {
  /** `vision-platform:objectStore.ca`. */
  key: string;
  /** As it stands there. */
  named: string;
  /** What that is relative to: this program's folder, or that of Pulumi.yaml. (automation/stackfile/check-files.ts) */
  base: "program" | "folder";
}

/** The files that a sound stack file names and a lab cannot be brought up without: labels of functions, the store's authority. */
export function namedIn({ sections }: Pick<StackFile, "sections">): NamedFile[] {
  const functions = Object.entries(isMap(sections["functions"]) ? sections["functions"] : {});
  const labels = functions.flatMap(([name, entry]): NamedFile[] => {
    const named = isMap(entry) ? entry["labelsFile"] : undefined;
    const key = pathText(`${PROJECT}:functions`, [name, "labelsFile"]);
    return typeof named === "string" ? [{ key, named, base: "program" }] : [];
  });
  const ca = isMap(sections["objectStore"]) ? sections["objectStore"]["ca"] : undefined;
  return [
    ...labels,
    ...(typeof ca === "string" ? [{ key: `${PROJECT}:objectStore.ca`, named: ca, base: "folder" as const }] : []),
  ];
}

/** What it names and a backup is without: charts that are tried, which are folders of any size. */
export function leftOutOf({ sections }: Pick<StackFile, "sections">): string[] {
  const paths = isMap(sections["charts"]) ? sections["charts"]["paths"] : undefined;
  return Object.entries(isMap(paths) ? paths : {}).map(
    ([name, chart]) => `${PROJECT}:charts.paths.${name}: the chart ${String(chart)}`,
  );
}

/** Where a named file lies. */
export const placeOf = ({ named, base }: Pick<NamedFile, "named" | "base">, folder: string): string =>
  path.resolve(base === "program" ? PROJECT_FOLDER : folder, named);

export const contentOf = (file: NamedFile, folder: string): Promise<Buffer> => readFile(placeOf(file, folder));
