import { readFile } from "node:fs/promises";
import path from "node:path";
import { format } from "prettier";
import { stackFileSchema } from "../../automation/stackfile/json-schema.ts";
import { COMMON_FIXES } from "../../components/charts/common-fixes.ts";
import type { Fix } from "../../components/charts/fixes.ts";
import { deletionFixes } from "../../components/clearml/deletion.ts";
import { CLEARML_FIXES } from "../../components/clearml/fixes.ts";
import { cvatConfig } from "../../components/cvat/cvat-section.ts";
import { cvatFixes } from "../../components/cvat/fixes.ts";
import { kvrocksConfig } from "../../components/cvat/kvrocks/kvrocks-config.ts";
import { REGISTRATION_CLOSED } from "../../components/cvat/registration/settings.ts";
import { PARTIES, type PartyName } from "../../components/network/parties.ts";
import { WAYS } from "../../components/network/ways.ts";
import { CVAT_VERSIONS } from "../../components/cvat/versions.ts";

const MADE =
  "Made from the program itself. To write it anew: `npx vitest run --project unit test/unit/docs.test.ts -u`.";

const OF_OTHERS = { host: "store.example.com", existingSecret: "store" };

/** docs/fixes.md: every fix of every chart, from the rows themselves. */
export async function fixesPage(): Promise<string> {
  const [{ version, parts }] = CVAT_VERSIONS.sets;
  const kvrocks = kvrocksConfig.parse(undefined);
  const cvat = cvatFixes({
    cvat: version,
    chart: parts.chart,
    ingressAnnotations: {},
    settings: REGISTRATION_CLOSED,
    kvrocks,
    services: cvatConfig.parse({
      redis: { external: OF_OTHERS },
      kvrocks: { external: { ...OF_OTHERS, port: 1 } },
      analytics: { clickhouse: { external: OF_OTHERS } },
    }),
    initialisation: { stamp: "", patience: 0 },
  });
  const tables: [string, readonly Fix[]][] = [
    ["Every chart", COMMON_FIXES],
    ["CVAT", cvat],
    ["ClearML", [...CLEARML_FIXES, ...deletionFixes({ prefixes: "", store: true, authority: "" })]],
  ];
  const lines = [
    "# Fixes",
    "",
    MADE,
    "",
    "A fix changes an object of a chart while it is rendered, before the API server sees it. How to read the ledger: [day two](day-two.md#the-ledger).",
    ...tables.flatMap(([title, fixes]) => [
      "",
      `## ${title}`,
      "",
      "| fix | what goes wrong without it |",
      "| --- | --- |",
      ...fixes.map(({ id, why }) => `| \`${id}\` | ${cell(why)} |`),
    ]),
  ];
  return markdown(lines);
}

const WAYS_HEADING = "## Every way";

/** docs/network.md as it stands, with its table from the rows themselves. */
export async function networkPage(): Promise<string> {
  const text = await readFile(path.resolve(import.meta.dirname, "../../docs/network.md"), "utf8");
  const whats = (parties: readonly PartyName[]) =>
    parties.length > 10 ? "all of the lab" : parties.map((party) => PARTIES[party].what).join(", ");
  const rows = WAYS.map(({ from, to, why, breaks, internet, inPath }) => {
    const only = internet === undefined ? "" : `, with \`internet: [${internet}]\``;
    const key = inPath ? ", with `gateway.implementation: other`" : only;
    return `| ${whats(from)} | ${whats(to)}${key} | ${cell(why)} | ${cell(breaks)} |`;
  });
  const lines = [MADE, "", "| from | to | what for | without it |", "| --- | --- | --- | --- |", ...rows];
  return markdown([text.split(WAYS_HEADING)[0]?.trimEnd() ?? "", "", WAYS_HEADING, "", ...lines]);
}

/** What the JSON Schema says of one place. */
interface Schema {
  description?: string;
  default?: unknown;
  examples?: readonly unknown[];
  enum?: readonly unknown[];
  required?: readonly string[];
  properties?: Readonly<Record<string, Schema>>;
  items?: Schema;
  /** What stands under free keys. */
  additionalProperties?: Schema | boolean;
  anyOf?: readonly Schema[];
}

/** The schemas of the sections, by name with the project's prefix. */
export function sectionSchemas(): Readonly<Record<string, Schema>> {
  return (stackFileSchema() as Schema).properties?.["config"]?.properties ?? {};
}

/** docs/keys.md: every key of a stack file with its default, from the schemas. */
export async function keysPage(): Promise<string> {
  const sections = Object.entries(sectionSchemas()).flatMap(([name, schema]) => [
    "",
    `## ${name}`,
    "",
    schema.description ?? "",
    "",
    "| key | default | meaning |",
    "| --- | --- | --- |",
    ...keyRows(schema, "").map((cells) => `| ${cells.join(" | ")} |`),
  ]);
  return markdown([
    "# Keys of a stack file",
    "",
    MADE,
    "",
    "How to write a stack file: [configure](configure.md). A key without a default may be left out, unless its default says `required`.",
    ...sections,
  ]);
}

function keyRows(schema: Schema, prefix: string): string[][] {
  const named = Object.entries(schema.properties ?? {}).flatMap(([key, at]) => {
    const path = `${prefix}${key}`;
    const list = mapIn(at.items);
    const inner = list ? keyRows(list, `${path}[].`) : isSecret(at) ? [] : keyRows(mapIn(at) ?? at, `${path}.`);
    const meaning = [at.description, at.enum && `One of ${at.enum.map((value) => code(value)).join(", ")}.`];
    const row = [code(path), defaultOf(schema, key, at, inner), cell(meaning.filter(Boolean).join(" "))];
    return [row, ...inner];
  });
  const { additionalProperties: free } = schema;
  return typeof free === "object" && free.properties ? [...named, ...keyRows(free, `${prefix}NAME.`)] : named;
}

/** The map among what may stand at a place: a list of labels takes names and maps. */
function mapIn(schema: Schema | undefined): Schema | undefined {
  return schema?.anyOf?.find(({ properties }) => properties) ?? schema;
}

function defaultOf(parent: Schema, key: string, at: Schema, inner: readonly string[][]): string {
  if (isSecret(at)) return "secret";
  if (inner.length > 0 && at.properties) return "";
  if (at.default !== undefined) return code(JSON.stringify(at.default));
  return parent.required?.includes(key) ? "required" : "";
}

const isSecret = ({ properties }: Schema) => properties?.["secure"] !== undefined;
const code = (value: unknown) => `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
const cell = (text: string) => text.replaceAll("|", "\\|");
const markdown = (lines: readonly string[]) => format(lines.join("\n"), { parser: "markdown", printWidth: 120 });
