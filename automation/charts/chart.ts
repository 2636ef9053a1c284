import semver from "semver";
import { parse } from "yaml";
import { z } from "zod";
import { UserError } from "../../components/program/errors.ts";
import { readArchive, type ChartFiles } from "./archive.ts";
import { chartName } from "./lock.ts";

const chartYaml = z.object({
  name: chartName,
  version: z.string().refine((text) => semver.valid(text) !== null, "must be a whole version"),
  dependencies: z.array(z.object({ name: z.string() })).optional(),
});

/** What a chart says of itself. */
export interface ChartIdentity {
  name: string;
  version: string;
}

/**
 * Checks that these files are a chart that Helm will accept: Chart.yaml, and every dependency under charts/ (Helm refuses
 * a chart with a missing one even where its condition is off).
 * @param expected name, and version where it matters.
 * @param title what the chart is called in errors.
 * @throws UserError with every problem.
 */
export async function checkChart(
  files: ChartFiles,
  expected: { name: string; version?: string },
  title: string,
): Promise<ChartIdentity> {
  const found = readChartYaml(files, title);
  const problems: string[] = [];
  if (found.name !== expected.name)
    problems.push(`${title}: its Chart.yaml names the chart ${found.name}, not ${expected.name}`);
  if (expected.version !== undefined && found.version !== expected.version)
    problems.push(`${title}: its Chart.yaml has version ${found.version}, not ${expected.version}`);
  const present = await packagedNames(files, title);
  const missing = (found.dependencies ?? []).map(({ name }) => name).filter((name) => !present.has(name));
  if (missing.length > 0)
    problems.push(
      `${title}: its Chart.yaml depends on ${missing.join(", ")}, missing in its charts/ folder, so Helm refuses it; ` +
        "helm dependency build puts dependencies there",
    );
  if (problems.length > 0) throw new UserError(problems);
  return { name: found.name, version: found.version };
}

function readChartYaml(files: ChartFiles, title: string): z.infer<typeof chartYaml> {
  const text = files.get("Chart.yaml")?.toString("utf8");
  if (text === undefined) throw new UserError(`${title} is not a chart: it has no Chart.yaml`);
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    throw new UserError(`${title}: its Chart.yaml is not YAML: ${cause instanceof Error ? cause.message : ""}`, {
      cause,
    });
  }
  const result = chartYaml.safeParse(content);
  if (!result.success)
    throw new UserError(
      result.error.issues.map((issue) => `${title}: Chart.yaml: ${issue.path.join(".") || "it"}: ${issue.message}`),
    );
  return result.data;
}

/** The names of the charts under charts/, packed or as folders: Helm goes by the name inside, not the file's. */
async function packagedNames(files: ChartFiles, title: string): Promise<Set<string>> {
  const names = new Set<string>();
  for (const [name, content] of files) {
    const folder = /^charts\/([^/_.][^/]*)\/Chart\.yaml$/.exec(name)?.[1];
    if (folder) names.add(readChartYaml(new Map([["Chart.yaml", content]]), `${title}, charts/${folder}`).name);
    if (/^charts\/[^/_.][^/]*\.tgz$/.test(name))
      names.add(readChartYaml(await readArchive(content, `${title}, ${name}`), `${title}, ${name}`).name);
  }
  return names;
}
