import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import * as auto from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { destroyStack, planDestroy } from "../../automation/engine/destroy.ts";
import { readOutputs } from "../../automation/engine/outputs.ts";
import { runEngine, type Seen } from "../../automation/engine/run.ts";
import { sealInto } from "../../automation/engine/sealing.ts";
import { withProviders } from "../../automation/engine/providers.ts";
import { isForDebugging } from "../../automation/engine/secrets.ts";
import { silentProgress } from "../../automation/progress.ts";
import { passphraseIn } from "../../automation/rehearsal/passphrase.ts";
import { outputsText } from "../../automation/report/places.ts";
import { changesText } from "../../automation/report/changes-text.ts";
import { planMarkdown } from "../../automation/report/plan-markdown.ts";
import { planReport } from "../../automation/report/plan-report.ts";
import { stackFileSchema } from "../../automation/stackfile/json-schema.ts";
import { find, findInFiles, generatedIn, watchCommandLines, type Canary, type Find } from "./canaries.ts";
import { startLab, type Lab } from "./harness.ts";
import { tinyProgram, writeTinyChart } from "./tiny-chart.ts";

/** Every key of a stack file that takes a secret and that a test can choose, with a secret of its own. */
const GIVEN: readonly (Canary & { key: string })[] = [
  "backup.notify.url",
  "cvat.nuclio.registry.password",
  "cvat.secrets.clickhouse",
  "cvat.secrets.grafana",
  "cvat.secrets.kvrocks",
  "cvat.secrets.postgresql",
  "cvat.secrets.redis",
  "clearml.users[0].password",
  "cvat.cloudStorages[2].external.secretKey",
  "cvat.organizations[0].webhooks[0].secret",
  "cvat.superuser.password",
  "cvat.users[0].password",
  "images.password",
  "sso.secrets.client",
].map((key) => ({ key: `vision-platform:${key}`, name: key, text: canary() }));

/** Keys whose secrets are those of the rehearsal's own MinIO and nodes. */
const FOUND = [
  "objectStore.credentials.accessKey",
  "objectStore.credentials.secretKey",
  "clearml.agent.image.delivery.privateKey",
  "sso.secrets.keycloak",
].map((key) => `vision-platform:${key}`);

/** What goes into the values of a chart of our own, by the object it ends in. */
const IN_VALUES = { configMap: canary(), environment: canary(), secret: canary(), changed: canary() };

const DATABASE_KEY = "vision-platform:cvat.secrets.postgresql";

let temporary: string;
let lab: Lab;
let tiny: auto.Stack;
let tinyChart: string;
let commands: { end(): string[] };
/** Everything a run said or wrote down for a person or a machine, by what said it. */
const said: { where: string; text: string }[] = [];
const made: Canary[] = [];

function canary(): string {
  return `canary${randomBytes(12).toString("hex")}`;
}

const all = (): Canary[] => [
  ...GIVEN,
  ...Object.entries(IN_VALUES).map(([name, text]) => ({ name: `chart value ${name}`, text })),
  ...made,
];

beforeAll(async () => {
  // What the engine and its plugins leave in the temporary folder is looked through as well.
  temporary = await mkdtemp(path.join(tmpdir(), "vision-platform-secrets-"));
  process.env["TMPDIR"] = temporary;
  commands = watchCommandLines();
  // Encrypted for a passphrase that is not here, as in any stack file that is rehearsed.
  const sealed = { secure: "v1:x" };
  const registry = { url: "registry.example:5000", username: "builder", password: sealed };
  const external = {
    endpoint: "http://192.0.2.60:9000",
    bucket: "archive",
    accessKey: "reader",
    secretKey: sealed,
  };
  const cloudStorages = [
    { name: "datasets", role: "datasets" },
    { name: "cvat", role: "cvat" },
    { name: "archive", external },
  ];
  const webhook = { name: "ci", url: "https://ci.example.com/cvat", events: ["update:job"] };
  const organizations = [{ slug: "lab", webhooks: [webhook] }];
  const accounts = [
    { username: "annotator", role: "worker" },
    { username: "robot", program: true },
  ];
  const users = [
    { username: "admin", name: "Administrator" },
    { username: "anna", name: "Anna Example" },
  ];
  const ingress = { host: "cvat.example.com", tls: { secretName: "cvat-tls" } };
  const sso = {
    issuer: "https://auth.example.com/realms/lab",
    allowedGroups: ["/annotators"],
    groups: { "/annotators": { role: "worker", organizations: { lab: "worker" } } },
    keycloak: {},
  };
  lab = await startLab(
    {
      cvat: { nuclio: { enabled: true, registry }, users: accounts, organizations, cloudStorages, ingress },
      clearml: { users },
      images: { registry: "registry.example/library", username: "puller", password: sealed },
      sso,
      discovery: { token: { user: "robot" }, notebooks: [{ namespace: "notebooks" }] },
      backup: { notify: { url: sealed } },
    },
    { whole: true },
  );
});
afterAll(async () => {
  commands.end();
  await lab.end();
  await rm(temporary, { recursive: true, force: true });
});

describe("secrets of the stack's configuration", () => {
  it("are all among the canaries", () => {
    const keys = secretKeys(stackFileSchema());
    const given = GIVEN.map(({ key }) => key.replace(/\[\d\]/g, "[]"));
    expect(keys).toEqual([...given, ...FOUND].map((key) => `config.${key}`).sort());
  });

  it("are made where none are given", async () => {
    await lab.prepare();
    made.push(...(await found()));
    made.push({ name: "first password of the database", text: canary() });
    await setSecrets([{ key: DATABASE_KEY, text: made.at(-1)?.text ?? "" }]);
    await run("up");
    made.push(...(await generatedIn(stack())));
    expect(made.length).toBeGreaterThan(20);
  });

  it("are refused where a volume keeps the first one, in a preview too", async () => {
    await setSecrets(GIVEN);
    for (const verb of ["preview", "up"] as const) {
      const error = await runEngine(stack(), verb, { progress: silentProgress }).then(String, String);
      expect(error).toContain(`${DATABASE_KEY}: PostgreSQL keeps the password it was made with`);
      expect(error).toContain("vision-platform:cvat.secrets.grafana: Grafana keeps the password");
      said.push({ where: `${verb} that is refused`, text: error });
    }
    expect(await restarted()).toEqual({});
  });

  it("give way to those that are given later, and who read the old ones start anew, the databases first", async () => {
    // As the refusal says, after the password was changed in the database and in Grafana.
    await kubectl("delete", "secret", "--namespace=cvat", "cvat-postgres-secret", "cvat-grafana-admin");
    await run("preview");
    await run("up");
    const times = await restarted();
    const at = (name: string) => times[name] ?? "never";
    for (const database of ["cvat-redis-master", "cvat-kvrocks", "cvat-clickhouse-shard0", "cvat-vector"])
      expect([database, at(database)]).toEqual([database, expect.stringMatching(/^20/)]);
    for (const reader of ["cvat-backend-server", "cvat-backend-worker-export"])
      expect([at("cvat-redis-master") < at(reader), at("cvat-kvrocks") < at(reader)]).toEqual([true, true]);
    expect(at("cvat-clickhouse-shard0") < at("cvat-vector")).toBe(true);
    expect(["cvat-frontend", "cvat-opa", "cvat-nuclio-dashboard"].map(at)).toEqual(["never", "never", "never"]);
    expect((await stack().getAllConfig())["vision-platform:clearml"]?.secret).toBe(true);
    // ClearML's person got another password, too, so what signs its tokens is another.
    const before = made.filter(signsTokens);
    made.push(...(await generatedIn(stack())).filter(signsTokens));
    expect(before).toHaveLength(2);
    expect(find(before, await objects(["secrets"]), "")).toEqual([]);
  });

  it("change nothing on a second up", async () => {
    const { changes } = await run("up");
    expect(changes).toEqual([]);
  });

  it("end in Secret objects of the API server, and nowhere else on it", async () => {
    const inCluster = GIVEN.map(({ name }) => name).filter((name) => !/^clearml.users|external|webhooks/.test(name));
    expect(new Set(find([...GIVEN, ...made], await objects(["secrets"]), "").map(({ canary }) => canary))).toEqual(
      new Set([...inCluster, ...inSecrets()]),
    );
    expect(find(all(), await objects(await kindsBesides(["secrets"])), "API server")).toEqual([]);
  });

  it("are told by outputs only when asked", async () => {
    const hidden = await readOutputs(stack(), { showSecrets: false });
    const shown = await readOutputs(stack(), { showSecrets: true });
    expect(find(all(), JSON.stringify(hidden) + outputsText(hidden), "outputs")).toEqual([]);
    expect(find(all(), outputsText(shown), "").map(({ canary }) => canary)).toContain("clearml.users[0].password");
  });
});

describe("secrets among the values of a chart", () => {
  it("go to the objects that ask for them", async () => {
    tinyChart = await writeTinyChart(path.join(temporary, "chart"));
    tiny = await tinyStack();
    const { configMap, environment, secret, changed } = IN_VALUES;
    for (const values of [
      { configMap, environment, secret },
      { configMap: changed, environment: changed, secret: changed },
    ]) {
      tiny.workspace.program = tinyProgram({ chart: tinyChart, cluster: lab.rehearsal().cluster, values });
      await run("preview", tiny);
      await run("up", tiny);
      expect((await run("up", tiny)).changes).toEqual([]);
      made.push(...(await generatedIn(tiny)));
      const namespaced = await objects(await kindsBesides(["events", "events.events.k8s.io"]), "tiny");
      const found = find([{ name: "it", text: values.configMap }], namespaced, "");
      expect(found).toHaveLength(1);
    }
    const { items } = JSON.parse(await objects(["configmaps", "deployments", "secrets"], "tiny")) as {
      items: unknown[];
    };
    const holding = (items as { kind: string; metadata: { name: string } }[])
      .filter((item) => find([{ name: "it", text: changed }], JSON.stringify(item), "").length > 0)
      .map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(holding.sort()).toEqual(["ConfigMap/tiny", "Deployment/tiny", "Secret/tiny"]);
  });
});

describe("after all runs, and destroy", () => {
  it("no secret was said, shown, logged, reported or put on a command line", async () => {
    await run("destroy", tiny);
    await run("destroy");
    const finds = said.flatMap(({ where, text }) => find(all(), text, where));
    for (const line of commands.end()) finds.push(...find(all(), line, `command line of ${line.split(" ")[0] ?? ""}`));
    expect(unique(finds)).toEqual([]);
    expect(said.map(({ text }) => text).join("")).toContain("[secret]");
  });

  it("no file holds one: state, backups, history, stack files, logs, temporary files", async () => {
    // The API server's own store, in which its Secret objects are, and what the systems beside the cluster keep.
    const etcd = path.join(lab.home.folder, "kwok", "clusters", "rehearsal", "etcd");
    const home = await findInFiles(all(), lab.home.folder, [etcd, path.join(lab.home.folder, "services")]);
    expect(unique(home.finds)).toEqual([]);
    for (const part of [/^state\/\.pulumi\/stacks\/.*lab\.json$/, /\.bak$/, /^state\/\.pulumi\/history\//, /\.log$/]) {
      expect(home.files.some((file) => part.test(file))).toBe(true);
    }
    expect(unique((await findInFiles(all(), temporary)).finds)).toEqual([]);
  });

  it("the search finds what is there: the API server's own store has them", async () => {
    const { finds } = await findInFiles(GIVEN, path.join(lab.home.folder, "kwok", "clusters", "rehearsal", "etcd"));
    expect(finds.map(({ canary }) => canary)).toContain("cvat.secrets.redis");
  });
});

const stack = () => lab.rehearsal().stack;

/** When the workloads of CVAT's namespace were started anew, by name, for those that were. */
async function restarted(): Promise<Record<string, string>> {
  const { items } = JSON.parse(await objects(["deployments", "statefulsets"], "cvat")) as {
    items: {
      metadata: { name: string };
      spec: { template: { metadata: { annotations?: Record<string, string> } } };
    }[];
  };
  const times = items.map(
    ({ metadata, spec }) =>
      [metadata.name, spec.template.metadata.annotations?.["kubectl.kubernetes.io/restartedAt"]] as const,
  );
  return Object.fromEntries(times.filter((row): row is [string, string] => row[1] !== undefined));
}
const unique = (finds: readonly Find[]) => [...new Set(finds.map(({ canary, where }) => `${canary}: ${where}`))];
const signsTokens = ({ name }: Canary) => /clearml-(session|secure-auth-token)-secret$/.test(name);

/**
 * Of passwords that ClearML made, Secrets hold hashes with their salt; CVAT's were replaced by those given, but for the database's other
 * users, a program's user and its token, and the client's secret of sign-in by one. Keys of CVAT and of people are for records in CVAT and for
 * their clearml.conf.
 */
const inSecrets = () =>
  made
    .map(({ name }) => name)
    .filter((name) =>
      /-(key|secret)$|-salt-|-postgresql-(admin|replication)-|sso-sessions-|password-(robot|vision-platform-.*)$|(discovery|backup)-token$/.test(
        name,
      ),
    )
    .filter((name) => !/store-(cvat|clearml-.*)-secret-key$|sso-client-secret$/.test(name));

/** Runs the engine twice over: by our own run, and for previews with everything it can show. */
async function run(verb: "preview" | "up" | "destroy", target: auto.Stack = stack()) {
  const note = (what: string) => (text: unknown) =>
    void said.push({
      where: `${verb} ${target.name}: ${what}`,
      text: typeof text === "string" ? text : JSON.stringify(text),
    });
  const progress = {
    line: note("progress"),
    task: <T>(title: string, work: (task: { update(text: string): void }) => Promise<T>) => {
      note("progress")(title);
      return work({ update: note("progress") });
    },
  };
  const onEvent = (event: auto.EngineEvent) => {
    if (!isForDebugging(event)) note("event")(event);
  };
  if (verb === "preview") {
    await withProviders(target.workspace, () =>
      target.preview({ diff: true, color: "never", onOutput: note("--diff"), onEvent }),
    );
  }
  if (verb === "destroy") note("plan")(await planDestroy(target, silentProgress));
  const seen = (all: Seen) => {
    const report = planReport({ stack: target.name, ...all, warnings: [] });
    note("report")(planMarkdown(report, { characters: Infinity }));
    note("report as JSON")(report);
  };
  const outcome =
    verb === "destroy" ? await destroyStack(target, progress) : await runEngine(target, verb, { progress, seen });
  note("outcome, as --json prints it")(outcome);
  note("text")(changesText(outcome.changes));
  return outcome;
}

/** Secrets that the rehearsal put into the stack's configuration, of a private key one line. */
/** Into the stack file that the engine reads, in no process of their own. */
async function setSecrets(secrets: readonly { key: string; text: string }[]): Promise<void> {
  const file = path.join(lab.home.folder, "stack", "Pulumi.lab.yaml");
  const document = parseDocument(await readFile(file, "utf8"));
  const { key: stackKey } = await passphraseIn(lab.home.folder);
  const parts = (key: string) =>
    key.match(/[^.[\]]+/g)?.map((part) => (/^\d+$/.test(part) ? Number(part) : part)) ?? [];
  sealInto(
    document,
    stackKey,
    secrets.map(({ key, text }) => ({ at: parts(key), value: text })),
  );
  await writeFile(file, document.toString());
}

async function found(): Promise<Canary[]> {
  const config = await stack().getAllConfig();
  return FOUND.map((key) => {
    const [section = "", ...trail] = key.slice("vision-platform:".length).split(".");
    const values: unknown = JSON.parse(config[`vision-platform:${section}`]?.value ?? "{}");
    const value = trail.reduce<unknown>((part, step) => (part as Record<string, unknown>)[step], values) as string;
    // The first lines of a private key are those of its public key.
    const text = value.split("\n").at(3) ?? value;
    expect(text.length).toBeGreaterThan(10);
    return { name: `found ${key}`, text };
  });
}

/** The paths of a JSON Schema that take an encrypted value. */
function secretKeys(schema: unknown, trail = ""): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { properties = {}, items, additionalProperties } = schema as Record<string, Record<string, unknown>>;
  if ("secure" in properties) return [trail];
  return [
    ...Object.entries(properties).flatMap(([key, part]) => secretKeys(part, trail ? `${trail}.${key}` : key)),
    ...secretKeys(items, `${trail}[]`),
    ...secretKeys(additionalProperties, `${trail}.*`),
  ].sort();
}

async function kubectl(...args: string[]): Promise<string> {
  const { tools, cluster } = lab.rehearsal();
  const program = tools.find(({ name }) => name === "kubectl")?.path ?? "";
  return (await execa(program, args, { env: { KUBECONFIG: cluster.kubeconfig } })).stdout;
}

async function kindsBesides(kinds: readonly string[]): Promise<string[]> {
  const names = (await kubectl("api-resources", "--verbs=list", "-o", "name")).split("\n");
  return names.filter((name) => !kinds.includes(name));
}

/** Every object of these kinds, whole. */
async function objects(kinds: readonly string[], namespace?: string): Promise<string> {
  const where = namespace === undefined ? ["--all-namespaces"] : ["--namespace", namespace];
  return kubectl("get", kinds.join(","), ...where, "--output=json", "--show-managed-fields");
}

/** A stack beside the lab's, in the same backend, opened the same way. */
async function tinyStack(): Promise<auto.Stack> {
  const { workspace } = stack();
  const workDir = path.join(lab.home.folder, "tiny");
  await mkdir(workDir);
  await writeFile(path.join(workDir, "Pulumi.yaml"), "name: tiny\nruntime: nodejs\n");
  return auto.LocalWorkspace.createOrSelectStack(
    { stackName: "tiny", projectName: "tiny", program: () => Promise.resolve() },
    { workDir, envVars: workspace.envVars, pulumiCommand: workspace.pulumiCommand },
  );
}
