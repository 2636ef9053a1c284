import type { INTERNET_USERS } from "./network-config.ts";
import { OF_THE_LAB, type PartyName } from "./parties.ts";

/** One way that is open. Nothing else is, between any two where one is the lab's. */
export interface Way {
  /** Stable name, kebab-case. */
  id: string;
  from: readonly PartyName[];
  to: readonly PartyName[];
  /** Name of the port in the Service of where it leads. Default: every port that a Service leads to. */
  port?: string;
  /** What goes along it. */
  why: string;
  /** What no longer works without it. */
  breaks: string;
  /** Open only to whom `network.internet` names. Default: always. */
  internet?: (typeof INTERNET_USERS)[number];
}

const CVAT: readonly PartyName[] = ["server", "workers", "jobs"];

export const WAYS: readonly Way[] = [
  {
    id: "edge-to-server",
    from: ["edge"],
    to: ["server"],
    why: "people and programs call CVAT's API",
    breaks: "CVAT answers 502",
  },
  {
    id: "edge-to-pages",
    from: ["edge"],
    to: ["frontend"],
    why: "browsers load CVAT's pages",
    breaks: "CVAT's pages answer 502",
  },
  {
    id: "edge-to-grafana",
    from: ["edge"],
    to: ["grafana"],
    why: "browsers load Grafana's pages",
    breaks: "/analytics answers 502",
  },
  {
    id: "edge-to-sign-in",
    from: ["edge"],
    to: ["proxy"],
    why: "the edge asks for each call whether somebody may pass, and who he is",
    breaks: "nobody gets in",
  },
  {
    id: "opa-to-server",
    from: ["opa"],
    to: ["server"],
    why: "OPA fetches CVAT's rules from it",
    breaks: "OPA knows no rule, and CVAT refuses everything",
  },
  {
    id: "server-to-opa",
    from: ["server"],
    to: ["opa"],
    why: "CVAT asks for each call whether it is allowed",
    breaks: "every call of the API fails",
  },
  {
    id: "cvat-to-postgresql",
    from: [...CVAT, "postgresqlJob"],
    to: ["postgresql"],
    why: "accounts, projects, annotations",
    breaks: "CVAT does not start",
  },
  {
    id: "cvat-to-queues",
    from: CVAT,
    to: ["queues"],
    why: "what is to be done, and who takes it",
    breaks: "nothing is imported, exported or annotated",
  },
  {
    id: "cvat-to-cache",
    from: CVAT,
    to: ["cache"],
    why: "chunks of pictures",
    breaks: "no picture is shown",
  },
  {
    id: "cvat-to-clickhouse",
    from: [...CVAT, "clickhouseJob"],
    to: ["clickhouse"],
    port: "http",
    why: "the Job makes the table of events, the server and the worker for exports read it",
    breaks: "CVAT's first Job waits for ever, and events cannot be exported",
  },
  {
    id: "table-to-clickhouse",
    from: ["clickhouseInit"],
    to: ["clickhouse"],
    port: "tcp",
    why: "of versions whose images do not make it, a Job of ours makes the table of events",
    breaks: "no event is kept",
  },
  {
    id: "cvat-to-vector",
    from: CVAT,
    to: ["vector"],
    why: "events on their way to ClickHouse",
    breaks: "analytics stays empty",
  },
  {
    id: "vector-to-clickhouse",
    from: ["vector"],
    to: ["clickhouse"],
    port: "http",
    why: "events are kept",
    breaks: "analytics stays empty",
  },
  {
    id: "grafana-to-clickhouse",
    from: ["grafana"],
    to: ["clickhouse"],
    port: "http",
    why: "dashboards read events",
    breaks: "dashboards show an error",
  },
  {
    id: "cvat-to-nuclio",
    from: ["server", "annotation"],
    to: ["dashboard"],
    why: "the server lists functions and calls them for one picture, the worker for a task. The dashboard asks nobody who he is, and may read Secrets: it is open to these two alone",
    breaks: "automatic annotation",
  },
  {
    id: "builders-to-nuclio",
    from: ["builders"],
    to: ["dashboard"],
    why: "kaniko fetches what is to be built from it. Its pods have no label of their own: a pod of a Job without a name of an application is taken for one, where functions are built in the cluster (`cvat.nuclio.registry`)",
    breaks: "functions are not built",
  },
  {
    id: "up-to-nuclio",
    from: ["apiServer"],
    to: ["dashboard"],
    why: "`up` and `function …` reach it by the API server's own proxy, with the rights of the kubeconfig",
    breaks: "`up` deploys no function where the API server is on another node",
  },
  {
    id: "nuclio-to-functions",
    from: ["dashboard"],
    to: ["functions"],
    why: "the dashboard passes calls on to functions",
    breaks: "automatic annotation",
  },
  {
    id: "nuclio-to-kubernetes",
    from: ["dashboard", "controller"],
    to: ["apiServer"],
    why: "functions are objects there, and Nuclio makes their Deployments",
    breaks: "functions are neither listed nor deployed",
  },
  {
    id: "certificate-to-kubernetes",
    from: ["certificateCopy"],
    to: ["apiServer"],
    why: "the Job reads a certificate of another namespace and writes CVAT's own (`cvat.ingress.tls.copyOf`)",
    breaks: "the copy is not made, and follows no renewal",
  },
  {
    id: "nuclio-to-sources",
    from: ["dashboard"],
    to: ["sources"],
    why: "the dashboard fetches the code of functions that are built (`build.source`)",
    breaks: "functions are not built",
  },
  {
    id: "functions-to-store",
    from: ["functions"],
    to: ["store"],
    why: "a function loads its model",
    breaks: "functions with a `model` do not start",
  },
  {
    id: "cvat-to-store",
    from: ["server", "workers"],
    to: ["store"],
    why: "cloud storages: pictures in, exports and backups out",
    breaks: "CVAT's cloud storages",
  },
  {
    id: "cvat-to-allowed",
    from: ["server", "workers"],
    to: ["allowed"],
    why: "what CVAT's own proxy lets through too: stores of others, receivers of webhooks, `cvat.smokescreen`",
    breaks: "those cloud storages and webhooks",
  },
  {
    id: "sign-in-to-sessions",
    from: ["proxy"],
    to: ["sessions"],
    why: "sessions of people",
    breaks: "nobody gets in",
  },
  {
    id: "sign-in-to-issuer",
    from: ["proxy", "server"],
    to: ["issuer"],
    why: "the proxy signs people in there, the server fetches the keys of its tokens",
    breaks: "nobody gets in",
  },
  {
    id: "cvat-to-internet",
    from: ["server", "workers"],
    to: ["internet"],
    internet: "cvat",
    why: "pictures by address, cloud storages and webhooks of the internet",
    breaks: "tasks of public addresses",
  },
  {
    id: "functions-to-internet",
    from: ["functions", "dashboard"],
    to: ["internet"],
    internet: "functions",
    why: "weights that a function fetches when it starts, code that the dashboard builds",
    breaks: "such functions do not start",
  },
  {
    id: "grafana-to-internet",
    from: ["grafana"],
    to: ["internet"],
    internet: "grafana",
    why: "the chart has it fetch its plugin for ClickHouse at each start",
    breaks: "dashboards show an error after a start without it",
  },
  {
    id: "anybody-to-clearml",
    from: ["anybody"],
    to: ["clearmlApi", "clearmlWeb", "clearmlFiles"],
    why: "people's machines, agents and tasks, each by an address of its own; who they are is ClearML's to ask",
    breaks: "ClearML is not reached",
  },
  {
    id: "clearml-to-mongodb",
    from: ["clearmlApi", "clearmlDeleter"],
    to: ["mongodb"],
    why: "tasks, models, people. MongoDB has no password",
    breaks: "ClearML's API server does not start",
  },
  {
    id: "clearml-to-elasticsearch",
    from: ["clearmlApi", "clearmlDeleter"],
    to: ["elasticsearch"],
    port: "http",
    why: "scalars and logs. Elasticsearch has no password",
    breaks: "ClearML's API server does not start",
  },
  {
    id: "elasticsearch-to-itself",
    from: ["elasticsearch"],
    to: ["elasticsearch"],
    port: "transport",
    why: "its nodes among themselves, where somebody runs more than one",
    breaks: "a second node finds no first one",
  },
  {
    id: "clearml-to-redis",
    from: ["clearmlApi", "clearmlDeleter", "clearmlFiles"],
    to: ["clearmlRedis"],
    why: "queues, and what the file server remembers of who signed in. This Redis has no password",
    breaks: "ClearML's API server does not start, the file server refuses everybody",
  },
  {
    id: "clearml-to-api",
    from: ["clearmlWeb", "clearmlFiles", "agent"],
    to: ["clearmlApi"],
    why: "pages pass calls on, the file server asks who somebody is, the agent takes tasks",
    breaks: "ClearML's pages, file server and agent do not start",
  },
  {
    id: "clearml-to-files",
    from: ["clearmlWeb", "clearmlDeleter", "agent"],
    to: ["clearmlFiles"],
    why: "pages show files, and files of removed experiments are removed",
    breaks: "files stay for ever, and the agent does not start",
  },
  {
    id: "agent-to-pages",
    from: ["agent"],
    to: ["clearmlWeb"],
    why: "the agent waits for all three servers when it starts",
    breaks: "the agent does not start",
  },
  {
    id: "agent-to-kubernetes",
    from: ["agent"],
    to: ["apiServer"],
    why: "it makes the pods of tasks",
    breaks: "no task starts",
  },
  {
    id: "clearml-to-store",
    from: ["clearmlDeleter"],
    to: ["store", "storeOfPeople"],
    why: "artifacts of removed experiments are removed, by the address that whoever wrote them had",
    breaks: "artifacts stay for ever",
  },
  {
    id: "agent-to-internet",
    from: ["agent"],
    to: ["internet"],
    internet: "agent",
    why: "an image that is not ours may install the agent when it starts",
    breaks: "such an agent does not start",
  },
  {
    id: "all-to-dns",
    from: OF_THE_LAB,
    to: ["dns"],
    why: "every name is asked for there",
    breaks: "everything",
  },
  {
    id: "cvat-to-more",
    from: ["server", "workers", "functions", "proxy", "dashboard"],
    to: ["alsoTo"],
    why: "what the stack file adds (`network.alsoTo`)",
    breaks: "what it was added for",
  },
];
