import { errorPage, json, Refusal, type Answer } from "./answers.ts";
import type { Asked, Route } from "./asked.ts";
import type { CvatConfig } from "./config.ts";

type Json = Record<string, unknown>;

/**
 * CVAT's list of models: what Nuclio's dashboard says, read as LambdaFunction in cvat/apps/lambda_manager/views.py reads it. Which of its
 * errors CVAT catches was measured at 2.64.0. (cvat-real-second-look.md, section 3)
 */
export const MODEL_ROUTES: readonly Route[] = [
  {
    path: /^lambda\/functions$/,
    methods: {
      GET: async ({ config }) => {
        const answer = await dashboard(config, "/api/functions");
        return "status" in answer ? answer : json(200, Object.values(answer.body).flatMap(listed));
      },
    },
  },
];

/** One of them by its name. */
export async function oneModel({ config, parts }: Asked): Promise<Answer> {
  const answer = await dashboard(config, `/api/functions/${parts[0] ?? ""}`);
  return "status" in answer ? answer : json(200, modelOf(answer.body));
}

/** What Nuclio is asked, or how CVAT passes on that it does not answer. (cvat-rest-measured.md, 9.1 and 9.4) */
export async function dashboard({ nuclio }: CvatConfig, path: string): Promise<{ body: Json } | Answer> {
  const headers = { "x-nuclio-project-name": "cvat", "x-nuclio-invoke-via": "domain-name" };
  const answer = nuclio && (await fetch(`${nuclio}${path}`, { headers }).catch(() => undefined));
  if (!answer) return json(503, "HTTPConnectionPool: Max retries exceeded (Failed to establish a new connection)");
  if (!answer.ok) return json(answer.status, `${answer.status} Client Error: ${answer.statusText} for url: ${path}`);
  return { body: (await answer.json()) as Json };
}

/** An error that CVAT logs, and goes on with the next function. */
class LeftOut extends Error {}

function listed(data: unknown): Json[] {
  try {
    return [modelOf(data)];
  } catch (error) {
    if (error instanceof LeftOut) return [];
    throw error;
  }
}

const KINDS = ["detector", "interactor", "reid", "tracker"];

export function modelOf(data: unknown): Json {
  const metadata = item(data, "metadata");
  const id = item(metadata, "name");
  const annotations = item(metadata, "annotations");
  const annotation = (key: string, otherwise: unknown) => get(annotations, key, otherwise);
  const kind = annotation("type", undefined);
  if (!KINDS.includes(String(kind))) throw new LeftOut();
  const labels = labelsOf(fromJson(annotation("spec", undefined) || "[]"));
  const description = item(item(data, "spec"), "description");
  get(item(data, "status"), "httpPort", undefined);
  const points = {
    min_pos_points: int(annotation("min_pos_points", 1)),
    min_neg_points: int(annotation("min_neg_points", -1)),
  };
  const version = int(annotation("version", "1"));
  const shapes = shapeTypes(annotation("supported_shape_types", undefined));
  return {
    ...{ id, kind, labels_v2: labels, description, name: annotation("name", id), version },
    ...(kind === "interactor" && {
      ...points,
      startswith_box: Boolean(annotation("startswith_box", false)),
      startswith_box_optional: Boolean(annotation("startswith_box_optional", false)),
      help_message: annotation("help_message", ""),
      animated_gif: annotation("animated_gif", ""),
    }),
    ...(kind === "tracker" && { supported_shape_types: shapes ?? ["rectangle"] }),
  };
}

function labelsOf(spec: unknown): Json[] {
  const labels = each(spec).map((label) => {
    const name = item(label, "name");
    const type = get(label, "type", "any");
    const attributes = attributesOf(get(label, "attributes", []));
    if (type !== "skeleton") return { name, type, attributes };
    return { name, type, attributes, sublabels: labelsOf(item(label, "sublabels")), svg: item(label, "svg") };
  });
  refuseRepeats(labels);
  return labels;
}

function attributesOf(spec: unknown): Json[] {
  const attributes = each(spec).map((one) => ({
    name: item(one, "name"),
    input_type: item(one, "input_type"),
    values: item(one, "values"),
  }));
  refuseRepeats(attributes);
  return attributes;
}

function refuseRepeats(named: readonly { name: unknown }[]): void {
  if (new Set(named.map(({ name }) => name)).size < named.length) throw new LeftOut();
}

function shapeTypes(text: unknown): string[] | undefined {
  if (text === undefined) return undefined;
  if (typeof text !== "string") throw uncaught();
  const types = text
    .split(",")
    .map((type) => type.trim())
    .filter((type) => type !== "");
  if (types.length === 0) throw new LeftOut();
  return types;
}

/** Django's page for an error that nobody caught. */
const uncaught = () => new Refusal(errorPage(500, "Server Error (500)"));

const isMap = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** `map[key]` in Python. */
function item(map: unknown, key: string): unknown {
  if (!isMap(map) || !(key in map)) throw uncaught();
  return map[key];
}

/** `map.get(key, otherwise)` in Python. */
function get(map: unknown, key: string, otherwise: unknown): unknown {
  if (!isMap(map)) throw uncaught();
  return key in map ? map[key] : otherwise;
}

/** `for one in value` in Python, where a map gives its keys and a text its letters. */
function each(value: unknown): unknown[] {
  if (typeof value === "string") return Array.from(value);
  if (Array.isArray(value)) return value;
  if (isMap(value)) return Object.keys(value);
  throw uncaught();
}

/** `int(value)` in Python. */
function int(value: unknown): number {
  if (typeof value === "number") return Math.trunc(value);
  if (typeof value !== "string" || !/^\s*[-+]?\d+(_\d+)*\s*$/.test(value)) throw uncaught();
  return Number(value.replaceAll("_", ""));
}

function fromJson(text: unknown): unknown {
  try {
    return JSON.parse(String(text)) as unknown;
  } catch {
    throw uncaught();
  }
}
