import { writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { parseAllDocuments } from "yaml";
import { KUBERNETES } from "../tools/programs.ts";

/** A rendered object, as Helm itself writes it. */
export interface BareObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> };
  [field: string]: unknown;
}

/** One chart to render with Helm's own program. */
export interface Render {
  release: string;
  chart: string;
  namespace: string;
  values: unknown;
}

/**
 * Renders charts with `helm template` as a person would before `kubectl diff`.
 *
 * @param folder where the values are written for it
 */
export async function helmTemplate(helm: string, renders: readonly Render[], folder: string): Promise<BareObject[]> {
  const objects: BareObject[] = [];
  for (const { release, chart, namespace, values } of renders) {
    const file = path.join(folder, `${release}-values.json`);
    await writeFile(file, JSON.stringify(values));
    const place = ["--namespace", namespace, "--values", file, "--kube-version", KUBERNETES, "--no-hooks"];
    const { stdout } = await execa(helm, ["template", release, chart, ...place]);
    // Helm writes YAML 1.1, in which 0550 is octal.
    const documents = parseAllDocuments(stdout, { version: "1.1" });
    objects.push(
      ...documents.map((document) => document.toJS() as BareObject | null).filter((object) => object !== null),
    );
  }
  return objects;
}
