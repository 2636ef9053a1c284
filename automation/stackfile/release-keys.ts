import { stat } from "node:fs/promises";
import { isMap, type Document } from "yaml";
import { PROJECT } from "../../components/lab/sections.ts";
import { TABLES } from "../../components/preflight/known-bad-jumps.ts";
import type { System } from "../../components/preflight/versions.ts";
import { UserError } from "../../components/program/errors.ts";
import { writeWhole } from "../whole-file.ts";
import { parseAsEngine } from "./engine-yaml.ts";

/** Keys of a section that say which release of it is installed: `version` and these. */
const KEYS: Readonly<Record<System, { chart: string; images: string }>> = {
  cvat: { chart: "chart", images: "images" },
  clearml: { chart: "chartVersion", images: "image" },
};

export interface ReleaseKeys {
  version: string;
  chart: string;
  /** What `stepsTaken` becomes. Default: it stays. */
  stepsTaken?: (now: readonly string[]) => string[];
}

/**
 * A stack file's text with another release of a system; all comments stay. The chart is named only where the version does not bring it.
 * @throws UserError where images are named one by one: nobody but who named them knows which go with another release
 */
export function withRelease(text: string, system: System, { version, chart, stepsTaken }: ReleaseKeys): string {
  const document = parseAsEngine(text);
  const section = ["config", `${PROJECT}:${system}`];
  const keys = KEYS[system];
  if (document.hasIn([...section, keys.images]))
    throw new UserError(
      `${PROJECT}:${system}.${keys.images} names images, which go with one release alone. Take it out of the stack file first, and what the release brings is installed.`,
      { exitCode: 2 },
    );
  makeSection(document, section);
  document.setIn([...section, "version"], version);
  const own = TABLES[system].sets.find((set) => set.version === version && set.upstream !== false)?.parts.chart;
  if (own === chart) document.deleteIn([...section, keys.chart]);
  else document.setIn([...section, keys.chart], chart);
  if (stepsTaken) changeSteps(document, system, stepsTaken);
  return document.toString({ lineWidth: 0 });
}

/** The same text with other steps taken. */
export function withStepsTaken(text: string, system: System, stepsTaken: (now: readonly string[]) => string[]): string {
  const document = parseAsEngine(text);
  changeSteps(document, system, stepsTaken);
  return document.toString({ lineWidth: 0 });
}

function changeSteps(document: Document, system: System, stepsTaken: (now: readonly string[]) => string[]): void {
  const section = `${PROJECT}:${system}`;
  const { config } = (document.toJS() ?? {}) as { config?: Record<string, { stepsTaken?: string[] } | null> };
  const taken = stepsTaken(config?.[section]?.stepsTaken ?? []);
  const place = ["config", section, "stepsTaken"];
  makeSection(document, ["config", section]);
  if (taken.length > 0) document.setIn(place, document.createNode(taken, { flow: true }));
  else document.deleteIn(place);
}

/** A section that stands there with nothing in it is no map yet. */
function makeSection(document: Document, section: readonly string[]): void {
  if (!isMap(document.getIn(section))) document.setIn(section, document.createNode({}));
}

/** Writes a stack file at one go, with the rights that it has: nobody finds half of one, however this ends. */
export async function writeStackFile(file: string, text: string): Promise<void> {
  await writeWhole(file, text, true, (await stat(file)).mode & 0o777);
}
