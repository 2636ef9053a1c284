import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { isMap, isSeq, parseDocument } from "yaml";

const NAME = "Pulumi.yaml";

/** Copies the project file of one folder into another, where it still finds the plugins that it names relative to the first. */
export async function copyProjectFile(from: string, to: string): Promise<void> {
  const document = parseDocument(await readFile(path.join(from, NAME), "utf8"));
  const providers = document.getIn(["plugins", "providers"]);
  for (const entry of isSeq(providers) ? providers.items : []) {
    if (isMap(entry)) entry.set("path", path.resolve(from, String(entry.get("path"))));
  }
  await writeFile(path.join(to, NAME), document.toString());
}
