import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import semver from "semver";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { mergeValues } from "../../components/charts/merge.ts";
import { UserError } from "../../components/program/errors.ts";

const sources = fileURLToPath(new URL("miniatures", import.meta.url));

/** The miniatures that stand for a chart of the lab; the other folders are their subcharts. */
export const miniatureNames = ["cvat", "clearml", "clearml-agent", "nuclio"] as const;

/** A chart of ours with the objects, names, ports, claims and environment of a real one, for machines that cannot fetch that. */
export interface Miniature {
  name: string;
  /** The version its Chart.yaml bears, as asked for. */
  version: string;
  /** The known version whose layout and image tags it has. */
  layout: string;
  /** Folder of the chart. */
  path: string;
  /** One sentence for the summary of a run: that this is a miniature, and of which version when that differs. */
  note: string;
}

const layoutsSchema = z.array(
  z.strictObject({
    version: z.string(),
    appVersion: z.string().optional(),
    kubeVersion: z.string().optional(),
    subcharts: z.record(z.string(), z.string()).optional(),
    values: z.record(z.string(), z.unknown()).optional(),
  }),
);

type Layout = z.infer<typeof layoutsSchema>[number];

const chartSchema = z.looseObject({ dependencies: z.array(z.looseObject({ name: z.string() })).optional() });

/**
 * Writes the miniature of a chart to `folder/NAME-VERSION`, replacing what is there.
 * A version that is not known gets the layout of the nearest lower one, and `note` says so.
 * @throws UserError when there is no miniature of that name, or the version is older than every known one.
 */
export async function miniatureChart(name: string, version: string, folder: string): Promise<Miniature> {
  if (!miniatureNames.some((known) => known === name)) {
    throw new UserError(`There is no miniature of chart ${name}; there are: ${miniatureNames.join(", ")}.`);
  }
  const chart = path.resolve(folder, `${name}-${version}`);
  await rm(chart, { recursive: true, force: true });
  const layout = await write(name, version, chart);
  const known = layout === version ? "" : `, with the layout of ${layout}: ${version} is not known to it`;
  return {
    name,
    version,
    layout,
    path: chart,
    note: `${name} ${version} is a miniature chart of this project${known}`,
  };
}

/** Writes one chart and, below it, its subcharts. Returns the known version its layout comes from. */
async function write(name: string, version: string, target: string): Promise<string> {
  const source = path.join(sources, name);
  const read = async (file: string): Promise<unknown> =>
    parse(await readFile(path.join(source, file), "utf8"), { merge: true });
  const generated = ["Chart.yaml", "values.yaml", "versions.yaml"].map((file) => path.join(source, file));

  const layout = layoutAt(layoutsSchema.parse(await read("versions.yaml")), name, version);
  const chart = chartSchema.parse(await read("Chart.yaml"));
  const dependencies = chart.dependencies?.map((one) => ({ ...one, version: layout.subcharts?.[one.name] }));

  await mkdir(target, { recursive: true });
  await cp(source, target, { recursive: true, filter: (file) => !generated.includes(file) });
  const { appVersion, kubeVersion } = layout;
  await writeFile(
    path.join(target, "Chart.yaml"),
    stringify({ ...chart, version, appVersion, kubeVersion, dependencies }),
  );
  if ((await readdir(source)).includes("values.yaml")) {
    const values = mergeValues(z.record(z.string(), z.unknown()).parse(await read("values.yaml")), layout.values ?? {});
    const text = stringify(values, { aliasDuplicateObjects: false }).replaceAll("{version}", version);
    await writeFile(path.join(target, "values.yaml"), text);
  }
  for (const [subchart, its] of Object.entries(layout.subcharts ?? {})) {
    await write(subchart, its, path.join(target, "charts", subchart));
  }
  return layout.version;
}

/** Everything the table says up to `version`, joined: later rows win. */
function layoutAt(rows: readonly Layout[], name: string, version: string): Layout {
  const until = rows.filter((row) => semver.valid(version) !== null && semver.lte(row.version, version));
  const [first, ...later] = until;
  if (first === undefined) {
    const known = rows.map((row) => row.version).join(", ");
    throw new UserError(`There is no miniature of chart ${name} at version ${version}; known are ${known}.`);
  }
  return later.reduce((so, row) => ({ ...so, ...row, ...joinedMaps(so, row) }), first);
}

function joinedMaps(so: Layout, row: Layout): Pick<Layout, "subcharts" | "values"> {
  return { subcharts: { ...so.subcharts, ...row.subcharts }, values: mergeValues(so.values ?? {}, row.values ?? {}) };
}
