import type { Plan } from "../../../components/lab/plan.ts";
import { grantsOf } from "../../../components/storage/granted.ts";
import type { Application } from "../../../components/storage/grants.ts";
import { hostAndPort } from "../../../components/storage/endpoint.ts";
import type { GraphEdge, GraphNode, LabGraph } from "./graph.ts";
import { bucketPlace, functionPlace, place } from "./places.ts";

/** The lab of a stack file: people, addresses, systems, stores, and what goes between them. */
export function labGraph(plan: Plan): LabGraph {
  const parts = [
    ...[edge(plan), cvat(plan), analytics(plan), functions(plan), clearml(plan), agent(plan)],
    ...[backup(plan), store(plan)],
  ];
  return { nodes: parts.flatMap(({ nodes }) => nodes), edges: parts.flatMap(({ edges }) => edges) };
}

const NOTHING: LabGraph = { nodes: [], edges: [] };

const go = (from: GraphNode | string, to: GraphNode | string, what: string): GraphEdge => ({
  from: typeof from === "string" ? from : from.id,
  to: typeof to === "string" ? to : to.id,
  what,
});

const counted = (count: number, one: string) => `${count} ${one}${count === 1 ? "" : "s"}`;

/** Only CVAT stands behind Traefik. */
function edge({ lab, cvat: on }: Plan): LabGraph {
  if (!on) return NOTHING;
  const traefik = place("traefik", ...[lab.traefik.address ?? "", on.config.ingress.host].filter(Boolean));
  return { nodes: [traefik], edges: [go(traefik, "cvat", "")] };
}

function cvat({ cvat: on, store: hasStore }: Plan): LabGraph {
  if (!on) return NOTHING;
  const { config } = on;
  const { users, organizations, namespace, version } = config;
  const people = place(
    "cvat_people",
    counted(users.length + 1, "account"),
    counted(organizations.length, "organization"),
  );
  const workers = place("cvat_workers", counted(replicas(config.workers), "pod"));
  const data = place("cvat_data", config.data.size);
  const stores = [
    place("cvat_postgresql", sizeOrHost(config.postgresql)),
    place("cvat_redis", sizeOrHost(config.redis)),
    place("cvat_kvrocks", sizeOrHost(config.kvrocks)),
  ] as const;
  const [rows, queue, cache] = stores;
  const server = place("cvat", version, `namespace ${namespace}`);
  return {
    nodes: [people, server, workers, data, ...stores],
    edges: [
      go(people, "traefik", "annotate"),
      go(server, rows, "accounts, tasks, annotations"),
      go(server, queue, "what is to be done"),
      go(queue, workers, "takes"),
      go(workers, cache, "chunks of pictures"),
      go(workers, data, hasStore ? "films, uploads" : "pictures, films"),
    ],
  };
}

/** Of a store that somebody else runs, where it is. */
const sizeOrHost = ({ size, external }: { size: string; external?: { host: string } | undefined }) =>
  external?.host ?? size;

const replicas = (workers: Readonly<Record<string, { replicas: number }>>) =>
  Object.values(workers).reduce((sum, { replicas: own }) => sum + own, 0);

function analytics({ cvat: on }: Plan): LabGraph {
  if (!on?.config.analytics.enabled) return NOTHING;
  const node = place("cvat_analytics", sizeOrHost(on.config.analytics.clickhouse));
  return { nodes: [node], edges: [go("cvat", node, "events")] };
}

function functions({ cvat: on, functions: all }: Plan): LabGraph {
  if (!on?.config.nuclio.enabled) return NOTHING;
  const nuclio = place("nuclio", ...(on.nuclio === undefined ? [] : [on.nuclio]));
  const nodes = Object.entries(all).map(([name, { config, devices }]) =>
    functionPlace(
      name,
      config.kind,
      ...Object.entries(devices).map(([device, count]) => `${String(count)} × ${device}`),
    ),
  );
  return {
    nodes: [nuclio, ...nodes],
    edges: [go("cvat_workers", nuclio, "pictures to annotate"), ...nodes.map((node) => go(nuclio, node, "calls"))],
  };
}

function clearml({ clearml: on }: Plan): LabGraph {
  if (!on) return NOTHING;
  const { addresses, namespace, users, version } = on.config;
  const people = place("clearml_people", counted(users.length, "account"));
  const where = Object.entries(addresses).flatMap(([name, address]) => (address ? [`${name} ${address}`] : []));
  const server = place("clearml", version, `namespace ${namespace}`, ...where);
  const databases = place("clearml_databases");
  return {
    nodes: [people, server, databases],
    edges: [go(people, server, "experiments"), go(server, databases, "tasks, scalars, logs")],
  };
}

function agent({ clearml: on }: Plan): LabGraph {
  if (!on?.agent) return NOTHING;
  const { config, tasks } = on.agent;
  const devices = Object.entries(tasks.devices).map(([device, count]) => `${String(count)} × ${device} a task`);
  const node = place("clearml_agent", `queue ${config.queue}`, ...devices);
  return { nodes: [node], edges: [go("clearml", node, "queued tasks")] };
}

function backup({ backup: on }: Plan): LabGraph {
  if (!on) return NOTHING;
  const node = place("backup", on.parts.join(", "), `namespace ${on.namespace}`);
  return { nodes: [node], edges: on.parts.includes("projects") ? [go("cvat", node, "projects")] : [] };
}

/** Who uses the buckets: the part that reads and writes in the application's name. */
const USERS: Readonly<Record<Application, (plan: Plan) => string[]>> = {
  cvat: ({ cvat: on }) => (on ? ["cvat"] : []),
  clearml: ({ clearml: on }) => (on ? [on.agent ? "clearml_agent" : "clearml_people"] : []),
  backup: ({ backup: on }) => (on ? ["backup"] : []),
  functions: ({ functions: all }) =>
    Object.entries(all).flatMap(([name, { config }]) => (config.model ? [functionPlace(name).id] : [])),
};

function store(plan: Plan): LabGraph {
  if (!plan.store) return NOTHING;
  const { config, buckets, pods } = plan.store;
  const nodes = buckets.map(({ role, name }) => bucketPlace(role, ...(name === role ? [] : [name])));
  const users = place("minio", hostAndPort(pods));
  const edges = (Object.keys(USERS) as Application[]).flatMap((application) =>
    grantsOf(config, application).flatMap(({ bucket: name, access }) => {
      const bucket = bucketPlace(buckets.find((one) => one.name === name)?.role ?? name);
      return USERS[application](plan).map((user) =>
        access === "read" ? go(bucket, user, "reads") : go(user, bucket, "reads and writes"),
      );
    }),
  );
  return { nodes: [...nodes, users], edges: edges };
}
