import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { isMap, isScalar, isSeq, Document, parseDocument } from "yaml";
import { PROJECT } from "../../components/config.ts";
import { pathText } from "../../components/problems.ts";
import { parseAsEngine } from "../stackfile/engine-yaml.ts";
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
  /** Files that the stack file names, by their path in the folder. Default: none. */
  files?: Readonly<Record<string, string>>;
}

/**
 * A folder with the project file and the stack file as the user wrote it, but for the cluster and the charts.
 * @returns the keys whose secrets are encrypted for another passphrase, as `pulumi config set --path` takes them.
 */
export async function writeStackFolder(
  folder: string,
  project: string,
  stack: string,
  replace: Replacements,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  await writeProjectFile(folder, project);
  for (const [name, text] of Object.entries(replace.files ?? {})) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  const file = parseAsEngine(await readFile(stackFilePath(project, stack), "utf8"));
  // Written out, without anchors: one could stand at a secret that is taken out below.
  const document = new Document(file.toJS() ?? {}, { aliasDuplicateObjects: false });
  if (!document.get("config")) document.set("config", document.createNode({}));
  document.delete("encryptionsalt");
  document.delete("secretsprovider");
  const sealed = sealedKeys(document);
  document.setIn(["config", `${PROJECT}:cluster`, "kubeconfig"], replace.kubeconfig);
  document.setIn(["config", `${PROJECT}:cluster`, "context"], replace.context);
  for (const [name, chart] of Object.entries(replace.charts)) {
    document.setIn(["config", `${PROJECT}:charts`, "paths", name], chart);
  }
  for (const { section, path, value } of replace.values) {
    document.setIn(["config", `${PROJECT}:${section}`, ...path], document.createNode(value));
  }
  // Text in quotes: "2026-01-01" is a date to the engine's reader of YAML without them.
  const text = document.toString({ defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" });
  await writeFile(stackFilePath(folder, stack), text);
  return sealed;
}

/** The project file, in which the provider's place is relative to the folder it came from. */
async function writeProjectFile(folder: string, project: string): Promise<void> {
  const document = parseDocument(await readFile(path.join(project, "Pulumi.yaml"), "utf8"));
  const providers = document.getIn(["plugins", "providers"]);
  for (const entry of isSeq(providers) ? providers.items : []) {
    if (isMap(entry)) entry.set("path", path.resolve(project, String(entry.get("path"))));
  }
  await writeFile(path.join(folder, "Pulumi.yaml"), document.toString());
}

/** Takes every `secure:` entry out of the document and gives its key. */
function sealedKeys(document: Document): string[] {
  const keys: string[] = [];
  const walk = (node: unknown, trail: readonly (string | number)[]) => {
    for (const [key, value] of childrenOf(node)) {
      const at = [...trail, key];
      if (isMap(value) && value.has("secure") && value.items.length === 1) {
        const [, section = "", ...path] = at;
        keys.push(pathText(String(section), path));
        document.deleteIn(at);
      } else walk(value, at);
    }
  };
  walk(document.contents, []);
  return keys;
}

/** Items of a list come last first, so that one taken out leaves the others' numbers right. */
function childrenOf(node: unknown): [string | number, unknown][] {
  if (isSeq(node)) return node.items.map((item, index): [number, unknown] => [index, item]).reverse();
  if (!isMap(node)) return [];
  return node.items.map(({ key, value }): [string, unknown] => [String(isScalar(key) ? key.value : key), value]);
}
