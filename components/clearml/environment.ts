import { takenVariables, type TakenVariables } from "../schema/taken-variables.ts";
import type { Found, SectionRule } from "../schema/section-rules.ts";
import type { AgentConfig } from "./agent/agent-config.ts";
import { S3_VARIABLES } from "./conf.ts";
import type { ClearmlConfig } from "./clearml-config.ts";
import { APISERVER_ENV, FILESERVER_ENV, TOKEN_MEMORY, type Env } from "./credentials.ts";
import { PREFIXES_VARIABLE } from "./deletion.ts";
import { settingOf, settingProblems, settingsOf } from "./server-settings.ts";

const OWN_CREDENTIALS = "its credentials are made by this program";
const OWN_SERVERS = "the databases are the chart's own";
const CHARTS = "it is the chart's own";

const namesOf = (variables: readonly Env[]) => variables.map(({ name }) => name);
const REDIS = ["CLEARML_REDIS_SERVICE_HOST", "CLEARML_REDIS_SERVICE_PORT"];

/** What each server has from the chart (clearml 7.14: templates/*-deployment.yaml) and from this program. */
const TAKEN: Readonly<Record<keyof ClearmlConfig["environment"], readonly TakenVariables[]>> = {
  apiserver: [
    {
      names: [
        ...REDIS,
        "CLEARML_MONGODB_SERVICE_CONNECTION_STRING",
        ...["WORKERS", "EVENTS", "DATASETS", "LOGS"].map((index) => `CLEARML__HOSTS__ELASTIC__${index}__HOSTS`),
      ],
      cure: OWN_SERVERS,
    },
    {
      names: [
        ...namesOf(APISERVER_ENV),
        "CLEARML__SECURE__CREDENTIALS__APISERVER__USER_KEY",
        "CLEARML__SECURE__CREDENTIALS__APISERVER__USER_SECRET",
        "CLEARML__SECURE__CREDENTIALS__TESTS__USER_KEY",
        "CLEARML__SECURE__CREDENTIALS__TESTS__USER_SECRET",
        "CLEARML__SECURE__AUTH__TOKEN_SECRET",
      ],
      cure: OWN_CREDENTIALS,
    },
    {
      names: ["CLEARML__APISERVER__AUTH__SESSION_AUTH_COOKIE_NAME"],
      cure: "API and file server must agree on it, so it is the chart's own",
    },
    {
      names: ["CLEARML__APISERVER__DEFAULT_COMPANY_NAME"],
      cure: "set values.clearml.defaultCompany",
    },
    {
      names: ["CLEARML__APISERVER__PRE_POPULATE__ENABLED", "CLEARML__APISERVER__PRE_POPULATE__ZIP_FILES"],
      cure: "set values.apiserver.prepopulateEnabled",
    },
    { names: ["CLEARML_CONFIG_PATH", "CLEARML_ENV"], cure: CHARTS },
    { names: [PREFIXES_VARIABLE], cure: "it is made of addresses.files" },
  ],
  fileserver: [
    { names: REDIS, cure: OWN_SERVERS },
    { names: [...namesOf(FILESERVER_ENV), "USER_KEY", "USER_SECRET"], cure: OWN_CREDENTIALS },
    { names: [TOKEN_MEMORY.name], cure: "it is a minute, so that who is taken off the users gets no file any more" },
    { names: ["CLEARML__HOSTS__API_SERVER"], cure: CHARTS },
  ],
  webserver: [
    { names: ["NGINX_APISERVER_ADDRESS", "NGINX_FILESERVER_ADDRESS"], cure: CHARTS },
    { names: ["WEBSERVER__fileBaseUrl", "WEBSERVER__useFilesProxy"], cure: "set clearml.filesThroughWeb" },
    { names: ["DISABLE_NGINX_IPV6"], cure: "set clearml.disableIpv6" },
  ],
};

const SERVERS = Object.keys(TAKEN) as (keyof typeof TAKEN)[];

/** What a task's pod has from the chart's template (clearml-agent 5.3: templates/agentk8sglue-configmap.yaml) and from this program. */
const TAKEN_IN_TASKS: readonly TakenVariables[] = [
  {
    names: [...["API", "WEB", "FILES"].map((server) => `CLEARML_${server}_HOST`)],
    cure: "tasks reach the server by its names in the cluster",
  },
  {
    names: ["CLEARML_API_ACCESS_KEY", "CLEARML_API_SECRET_KEY", "CLEARML_AUTH_TOKEN", ...Object.values(S3_VARIABLES)],
    cure: OWN_CREDENTIALS,
  },
  { names: ["CLEARML_CONFIG_FILE"], cure: "set agent.conf" },
  { names: ["CLEARML_TASK_ID", "CLEARML_WORKER_ID"], cure: "the agent says which task it is" },
];

const READ_BY_ALL =
  "would give these keys to everybody who signs in, who may read the API server's storage settings (storage.get_settings); " +
  "what deletes files has a key of its own, by vision-platform:objectStore";

/** What would give keys of the store away at the API server, or let in others than its users. */
const UNDOES: readonly { settings: RegExp; message: string }[] = [
  { settings: /^__services__storage_credentials/, message: READ_BY_ALL },
  // What these hold stands there too. (clearml 2.1.12: backend_config/bucket_config.py, which the server reads its keys by)
  { settings: /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)$/, message: READ_BY_ALL },
  { settings: /^__apiserver__auth__fixed_users/, message: "says who may sign in, or that everybody may; set users" },
  {
    settings: /^__apiserver__auth__delete_missing_autocreated_users$/,
    message: "would leave their API keys to those who are taken off the users; leave it out",
  },
  {
    // (clearml-server v2.0.0: config/basic.py)
    settings: /^(CLEARML|TRAINS)_CONFIG_DIR$/,
    message: "would have the server look elsewhere for the file that says who may sign in; leave it out",
  },
];

/** The free maps of environment repeat nothing, give no key away, open no door, and are read as they are written. */
export const ENVIRONMENT_RULES: readonly SectionRule<ClearmlConfig>[] = [
  {
    // One rule for all of it: of two that read the same key, the second is silent where the first has something to say.
    reads: ["environment"],
    problems: ({ environment }) => SERVERS.flatMap((server) => inServer(server, environment[server])),
  },
  { reads: ["agent"], problems: ({ agent }) => inTasks(agent) },
];

function inServer(server: (typeof SERVERS)[number], variables: Readonly<Record<string, string>>): Found[] {
  const isSame = (name: string, other: string) => settingsOf(name, variables[name] ?? "").includes(settingOf(other));
  const told = Object.entries(variables).flatMap(([name, value]) => {
    const settings = server === "apiserver" ? settingsOf(name, value) : [];
    const undone = UNDOES.filter((row) => settings.some((one) => row.settings.test(one)));
    return [...undone.map(({ message }) => message), ...settingProblems(name, value)].map((message) => ({
      path: ["environment", server, name],
      message,
    }));
  });
  return [...takenVariables(["environment", server], variables, TAKEN[server], isSame), ...told];
}

/** `TRAINS_…` is the old name of `CLEARML_…`, which both agent and SDK read as the same. (clearml-agent 2.0.7: definitions.py) */
const isSameInTasks = (one: string, other: string) => one.replace(/^TRAINS_/, "CLEARML_") === other;

const inTasks = ({ tasks }: AgentConfig) =>
  takenVariables(["agent", "tasks", "environment"], tasks.environment, TAKEN_IN_TASKS, isSameInTasks);
