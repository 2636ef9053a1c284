import { PROJECT } from "../../components/lab/sections.ts";
import { parseAsEngine } from "./engine-yaml.ts";

/** A chart to be tried. */
export interface Trial {
  name: string;
  version: string;
  /** The chart's folder. */
  path: string;
}

/** Sections whose versions follow from the chart's, and the keys that would hold them back. */
const FOLLOWS: Readonly<Record<string, readonly string[]>> = {
  cvat: ["chart", "images"],
  clearml: ["chartVersion", "image"],
};

/**
 * A stack file with these charts in it, whether anybody is known to have tried them or not; all comments stay.
 * @param text a sound stack file
 */
export function withTrials(text: string, trials: readonly Trial[]): string {
  const document = parseAsEngine(text);
  for (const { name, version, path } of trials) {
    const keys = FOLLOWS[name];
    if (!keys) {
      document.setIn(["config", `${PROJECT}:charts`, "paths", name], path);
      continue;
    }
    const section = ["config", `${PROJECT}:${name}`];
    for (const key of keys) document.deleteIn([...section, key]);
    document.setIn([...section, "version"], version);
    document.setIn([...section, "allowUnknownVersions"], true);
  }
  return document.toString({ lineWidth: 0 });
}
