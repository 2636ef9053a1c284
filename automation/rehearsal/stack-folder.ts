import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { isMap, isScalar, isSeq, Document } from "yaml";
import { PROJECT } from "../../components/lab/sections.ts";
import { sealInto, type StackKey, type StackSecret } from "../engine/sealing.ts";
import { parseAsEngine } from "../stackfile/engine-yaml.ts";
import { copyProjectFile } from "../stackfile/project-file.ts";
import { stackFilePath } from "../stackfile/stack-file.ts";
import type { ConfigValue } from "./services/service.ts";

/** What a rehearsal puts in the place of what only exists at home. */
export interface Replacements {
  kubeconfig: string;
  context: string;
  /** Chart name to path. */
  charts: Readonly<Record<string, string>>;
  /** What points the stack at the services beside the cluster. */
  values: readonly ConfigValue[];
  /** What its secrets open with. */
  key: StackKey;
  /** Stands for a secret that is sealed for another passphrase, as it stands there. */
  standIn: (at: StackSecret["at"], sealed: string) => string;
  /** What opens something here. Default: none. */
  secrets?: readonly StackSecret[];
  /** Files that the stack file names, by their path in the folder. Default: none. */
  files?: Readonly<Record<string, string>>;
}

/** A folder with the project file and the stack file as the user wrote it, but for the cluster, the charts and the secrets. */
export async function writeStackFolder(
  folder: string,
  project: string,
  stack: string,
  replace: Replacements,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await copyProjectFile(project, folder);
  for (const [name, text] of Object.entries(replace.files ?? {})) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  const file = parseAsEngine(await readFile(stackFilePath(project, stack), "utf8"));
  // Written out, without anchors: one could stand at a secret that is another below.
  const document = new Document(file.toJS() ?? {}, { aliasDuplicateObjects: false });
  if (!document.get("config")) document.set("config", document.createNode({}));
  document.delete("secretsprovider");
  sealInto(
    document,
    replace.key,
    sealedPlaces(document).map(({ at, sealed }) => ({ at, value: replace.standIn(at, sealed) })),
  );
  document.setIn(["config", `${PROJECT}:cluster`, "kubeconfig"], replace.kubeconfig);
  document.setIn(["config", `${PROJECT}:cluster`, "context"], replace.context);
  for (const [name, chart] of Object.entries(replace.charts)) {
    document.setIn(["config", `${PROJECT}:charts`, "paths", name], chart);
  }
  for (const { section, path, value } of replace.values) {
    document.setIn(["config", `${PROJECT}:${section}`, ...path], document.createNode(value));
  }
  sealInto(document, replace.key, replace.secrets ?? []);
  // Text in quotes: "2026-01-01" is a date to the engine's reader of YAML without them.
  const text = document.toString({ defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN", lineWidth: 0 });
  await writeFile(stackFilePath(folder, stack), text);
}

/** Where below `config` something is sealed, and as what. */
function sealedPlaces(document: Document): { at: StackSecret["at"]; sealed: string }[] {
  const places: { at: StackSecret["at"]; sealed: string }[] = [];
  const walk = (node: unknown, trail: StackSecret["at"]) => {
    for (const [key, value] of childrenOf(node)) {
      const at = [...trail, key];
      if (isMap(value) && value.has("secure") && value.items.length === 1)
        places.push({ at, sealed: String(value.get("secure")) });
      else walk(value, at);
    }
  };
  walk(document.get("config"), []);
  return places;
}

function childrenOf(node: unknown): [string | number, unknown][] {
  if (isSeq(node)) return node.items.map((item, index): [number, unknown] => [index, item]);
  if (!isMap(node)) return [];
  return node.items.map(({ key, value }): [string, unknown] => [String(isScalar(key) ? key.value : key), value]);
}
