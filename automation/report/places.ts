import { textTable } from "./table.ts";

/** The outputs a person looks for first. */
interface Places {
  cvat?: { url?: string; analyticsUrl?: string; namespace?: string };
  clearml?: { webUrl?: string; apiUrl?: string; filesUrl?: string; namespace?: string };
}

/** Where everything is reached, as a table. */
export function placesText(outputs: Readonly<Record<string, unknown>>): string {
  const { cvat, clearml } = outputs as Places;
  const rows: [string, string | undefined, string | undefined][] = [
    ["CVAT", cvat?.url, cvat?.namespace],
    ["Grafana", cvat?.analyticsUrl, cvat?.namespace],
    ["ClearML", clearml?.webUrl, clearml?.namespace],
    ["ClearML API", clearml?.apiUrl, clearml?.namespace],
    ["ClearML files", clearml?.filesUrl, clearml?.namespace],
  ];
  return textTable(
    ["what", "where", "namespace"],
    rows.flatMap(([what, where, namespace]) => (where === undefined ? [] : [[what, where, namespace ?? ""]])),
  );
}

/** Every output as `path  value` lines; the ledger has its own table. */
export function outputsText(outputs: Readonly<Record<string, unknown>>): string {
  const rows = Object.entries(outputs).flatMap(([name, value]) => (name === "ledger" ? [] : flat(value, name)));
  const width = Math.max(0, ...rows.map(([path]) => path.length));
  return rows.map(([path, value]) => `${path.padEnd(width)}  ${value}`).join("\n");
}

function flat(value: unknown, path: string): [string, string][] {
  if (value === undefined || value === null) return [];
  if (typeof value !== "object") return [[path, typeof value === "string" ? value : JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, item]) => flat(item, `${path}.${key}`));
}
