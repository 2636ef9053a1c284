import type { Step } from "../../engine/steps.ts";
import { idOf, type GraphNode } from "./graph.ts";

type Place = Omit<GraphNode, "mark">;

/** A part of the lab, and which resources it is made of. */
interface PlaceRow extends Omit<Place, "id" | "lines"> {
  title: string;
  /** System of the resources, as their URN says it. Left out: of any. */
  system?: string;
  /** Default: whatever the system has. */
  kind?: RegExp;
  name?: RegExp;
}

const CVAT = { system: "CVAT", frame: "CVAT" } as const;
const CLEARML = { system: "ClearML", frame: "ClearML" } as const;

/** Every part but functions and buckets, which have names of their own. The first row that fits a resource has it. */
const PLACES = {
  traefik: {
    title: "Traefik",
    shape: "address",
    frame: undefined,
    kind: /^(ServicePatch|Ingress|Middleware|ServersTransport)$/,
  },
  cvat_people: {
    ...CVAT,
    title: "People of CVAT",
    shape: "people",
    frame: undefined,
    name: /^cvat-(users|organization|member|password)\b/,
  },
  cvat_postgresql: { ...CVAT, title: "PostgreSQL", shape: "store", name: /postgresql/ },
  cvat_redis: { ...CVAT, title: "Redis", shape: "store", name: /redis/ },
  cvat_kvrocks: { ...CVAT, title: "kvrocks", shape: "store", name: /kvrocks/ },
  cvat_analytics: {
    ...CVAT,
    title: "Grafana, ClickHouse, Vector",
    shape: "program",
    name: /grafana|clickhouse|vector|analytics/,
  },
  // CVAT's chart brings it.
  nuclio: { title: "Nuclio", shape: "program", frame: "Nuclio", name: /nuclio/ },
  cvat_workers: { ...CVAT, title: "Workers", shape: "program", name: /worker/ },
  cvat_data: { ...CVAT, title: "Volume of data", shape: "store", name: /backend-data/ },
  cvat: { ...CVAT, title: "Server and UI", shape: "program" },
  clearml_people: {
    ...CLEARML,
    title: "People of ClearML",
    shape: "people",
    frame: undefined,
    name: /^clearml-users\b/,
  },
  clearml_agent: { system: "ClearML's agent", title: "Agent", shape: "program", frame: "ClearML" },
  clearml_databases: {
    ...CLEARML,
    title: "MongoDB, Redis, Elasticsearch",
    shape: "store",
    name: /mongo|redis|elastic/,
  },
  clearml: { ...CLEARML, title: "Server", shape: "program" },
  backup: { system: "Backups", title: "Backups", shape: "program", frame: undefined },
  minio: { system: "MinIO", title: "Users and policies", shape: "store", frame: "MinIO" },
  lab: { title: "Namespaces and the rest", shape: "program", frame: undefined },
} as const satisfies Record<string, PlaceRow>;

export type PlaceId = keyof typeof PLACES;

/** A part, with lines of what a lab has to say of it. */
export function place(id: PlaceId, ...lines: string[]): Place {
  const { title, shape, frame }: PlaceRow = PLACES[id];
  return { id, shape, frame, lines: [title, ...lines] };
}

/** A function that is deployed. */
export function functionPlace(name: string, ...lines: string[]): Place {
  return { id: idOf("function", name), shape: "program", frame: "Nuclio", lines: [name, ...lines] };
}

/** A bucket, by what it is for. */
export function bucketPlace(role: string, ...lines: string[]): Place {
  return { id: idOf("bucket", role), shape: "store", frame: "MinIO", lines: [role, ...lines] };
}

/** The part that a resource belongs to. */
export function placeOf({ system, kind, short }: Step): Place {
  if (system === "Nuclio" && kind !== "Project") return functionPlace(functionIn(kind, short));
  if (/^S3Bucket|^IlmPolicy$/.test(kind)) return bucketPlace(bucketIn(kind, short));
  const rows: [string, PlaceRow][] = Object.entries(PLACES);
  const fits = ([, row]: [string, PlaceRow]) =>
    (row.system ?? system) === system && (row.kind?.test(kind) ?? true) && (row.name?.test(short) ?? true);
  return place((rows.find(fits)?.[0] ?? "lab") as PlaceId);
}

/** `yolo11x` of the function `nuclio-yolo11x` and of what it has: its Secret `nuclio-yolo11x-model`, its restarts. */
const functionIn = (kind: string, short: string) =>
  short.replace(/^nuclio-/, "").replace(kind === "Function" ? "" : /-(model|restart)$/, "");

/** `datasets` of the bucket `store-datasets` and of its settings. */
const bucketIn = (kind: string, short: string) =>
  short.replace(/^store-/, "").replace(kind === "S3Bucket" ? "" : /-(versioning|lifecycle)$/, "");
