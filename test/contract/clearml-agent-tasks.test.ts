import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { ClearmlClient } from "../../components/clearml/client/client.ts";
import { agentConf } from "../../components/clearml/conf.ts";
import { AGENT, startServer, type TestServer } from "../unit/clearml-agent-server.ts";
import { taskServer, type Task } from "./clearml-agent-task-server.ts";

/** The image's launcher with the real glue: what becomes of the tasks that it takes. */

const IMAGE = path.resolve(import.meta.dirname, "../../images/clearml-agent");
const NAMESPACE = "clearml-agent";
const QUEUE = "gpu large";
/** Seconds that a task may be without its pod. */
const GRACE = 2;

let folder: string;
let pods: string;
let python: string;
let server: TestServer;
const tasks = taskServer();

/** Keeps each pod in a file of its name. What the agent reads of it are names, numbers and phases. */
const KUBECTL = `#!/bin/bash
case "$*" in
apply*)
  for file; do :; done
  cp "$file" "$PODS/$(grep -o 'clearml-id-[a-z]*' "$file" | head -1)"
  ;;
"get pods"*"--output name") for pod in $(ls "$PODS"); do echo "pod/$pod"; done ;;
"get pods"*"-o json"*) echo "{\\"items\\": [$(cat "$PODS/../pending" 2>/dev/null)]}" ;;
delete*) rm -f "$PODS/$3" "$PODS/../pending" ;;
esac
`;

const TEMPLATE = `
"apiVersion": "v1"
"metadata": { "namespace": "${NAMESPACE}", "labels": { "gpu": "yes", "on": "1_000" } }
"spec":
  "nodeSelector": { "gpu": "yes", "other": "=", "number": "0b101" }
  "tolerations": [{ "key": "gpu", "operator": "Equal", "value": "on" }]
  "containers": [{ "env": [{ "name": "A", "value": "off" }] }]
`;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "clearml-agent-tasks-"));
  pods = path.join(folder, "pods");
  python = await pythonEnvironment(path.join(IMAGE, "requirements.txt"), { progress: silentProgress });
  await mkdir(pods);
  await writeFile(path.join(folder, "kubectl"), KUBECTL);
  await chmod(path.join(folder, "kubectl"), 0o755);
  await writeFile(path.join(folder, "template.yaml"), TEMPLATE);
  server = await startServer(tasks.endpoints);
  await new ClearmlClient(server.connection).call("queues.create", { name: QUEUE });
  const urls = { web: server.url, api: server.url, files: server.url };
  await writeFile(path.join(folder, "clearml.conf"), agentConf({ urls }));
}, 600_000);
afterAll(async () => {
  await server.end();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  tasks.clear();
  for (const pod of await readdir(pods)) await rm(path.join(pods, pod));
});

/** Runs the agent, as the chart starts it, until something holds. */
async function agentUntil(done: () => unknown): Promise<void> {
  const stop = new AbortController();
  const running = execa("bash", ["-c", `source ${IMAGE}/.bashrc && ${IMAGE}/entrypoint.sh`], {
    env: {
      PATH: `${folder}:${path.dirname(python)}:/usr/bin:/bin`,
      HOME: folder,
      TMPDIR: folder,
      PODS: pods,
      PYTHONDONTWRITEBYTECODE: "1",
      K8S_GLUE_LAUNCHER: path.join(IMAGE, "k8s_glue.py"),
      K8S_GLUE_QUEUE: QUEUE,
      K8S_GLUE_EXTRA_ARGS: `--namespace ${NAMESPACE} --template-yaml ${folder}/template.yaml --lost-after ${GRACE}`,
      K8S_GLUE_POD_AGENT_INSTALL_ARGS: "==2.0.7 'setuptools<82'",
      CLEARML_AGENT_QUEUE_POLL_FREQ_SEC: "0.3",
      CLEARML_CONFIG_FILE: path.join(folder, "clearml.conf"),
      CLEARML_API_ACCESS_KEY: AGENT.accessKey,
      CLEARML_API_SECRET_KEY: AGENT.secretKey,
      CLEARML_WORKER_ID: "clearml-agent",
    },
    extendEnv: false,
    stdin: "ignore",
    all: true,
    reject: false,
    cancelSignal: stop.signal,
  });
  const state = { ended: false };
  void running.then(() => (state.ended = true));
  const held = await vi
    .waitUntil(async () => state.ended || (await done()), { timeout: 90_000, interval: 100 })
    .then(() => !state.ended)
    .catch(() => false);
  stop.abort();
  expect(held, (await running).all).toBe(true);
}

interface Pod {
  metadata: { labels: unknown };
  spec: { nodeSelector: unknown; tolerations: unknown; containers: { args: string[]; env: unknown[] }[] };
}
const podText = (task: string) => readFile(path.join(pods, `clearml-id-${task}`), "utf8");
/** As kubectl reads it. */
const podOf = async (task: string) => parse(await podText(task), { version: "1.1" }) as Pod;
const hasPod = async (task: string) => (await readdir(pods)).includes(`clearml-id-${task}`);

/** The script that a pod runs; it is in base64 in its arguments. */
const scriptOf = ({ spec }: Pod) => {
  const texts = [...(spec.containers[0]?.args.join(" ") ?? "").matchAll(/echo '?([A-Za-z0-9+/=]{40,})'? \|/g)];
  return texts.map(([, text = ""]) => Buffer.from(text, "base64").toString("utf8"));
};

describe("a task's pod", { timeout: 120_000 }, () => {
  test("has every text as it was given, by whomever, when kubectl reads it", async () => {
    tasks.enqueued("words", { container: { image: "torch:1", arguments: "-e B=yes -e C=0b101 --env D==" } });
    await agentUntil(() => hasPod("words"));
    const { metadata, spec } = await podOf("words");
    expect(metadata.labels).toMatchObject({ gpu: "yes", on: "1_000" });
    expect(spec.nodeSelector).toEqual({ gpu: "yes", other: "=", number: "0b101" });
    expect(spec.tolerations).toEqual([{ key: "gpu", operator: "Equal", value: "on" }]);
    expect(spec.containers[0]?.env).toEqual(
      expect.arrayContaining([
        { name: "A", value: "off" },
        { name: "B", value: "yes" },
        { name: "C", value: "0b101" },
        { name: "D", value: "=" },
      ]),
    );
  });

  test("runs a setup script beyond ASCII as it is, in the shell of all the rest, and installs an agent that starts", async () => {
    tasks.enqueued("letters", {
      container: { image: "torch:1", setup_shell_script: "# привет\nexport GREETING='grüße 😀'" },
    });
    await agentUntil(() => hasPod("letters"));
    const script = scriptOf(await podOf("letters")).at(-1) ?? "";
    expect(script).toContain("-m pip install clearml-agent==2.0.7 'setuptools<82'\n");
    const own = /^eval .*$/m.exec(script)?.[0] ?? "";
    const { stdout } = await execa("bash", ["-c", `${own}\necho "$GREETING"`]);
    expect(stdout).toBe("grüße 😀");
  });
});

test("a task whose pod kubectl makes with a warning is not failed", { timeout: 120_000 }, async () => {
  const warning = 'Warning: spec.containers[0].env[3]: hides previous definition of \\"B\\"';
  const made = `apply*) echo "${warning}" >&2; echo "pod/clearml-id-warned created"`;
  await writeFile(path.join(folder, "kubectl"), KUBECTL.replace("apply*)", made));
  const task = tasks.enqueued("warned", { container: { image: "torch:1", arguments: "-e B=1 -e B=2" } });
  const settled = () => task.status === "failed" || task.hyperparams.properties["k8s-queue"] !== undefined;
  await agentUntil(settled).finally(() => writeFile(path.join(folder, "kubectl"), KUBECTL));
  expect(task.status).toBe("queued");
  expect(await hasPod("warned")).toBe(true);
});

describe("a task that gets no pod is failed with the reason", { timeout: 120_000 }, () => {
  const failed = (task: Task) => () => task.status === "failed";

  test("at once, where its pod cannot be written", async () => {
    const task = tasks.enqueued("halves", { container: { image: "torch:1", setup_shell_script: "echo \ud800" } });
    const next = tasks.enqueued("next", { container: { image: "torch:1", arguments: "-e" } });
    await agentUntil(() => task.status === "failed" && next.status === "failed");
    expect(task.status_reason).toMatch(/^K8S glue error: no pod could be started for it: UnicodeEncodeError: .*utf-8/);
    expect(next.status_reason).toMatch(/^K8S glue error: no pod could be started for it: IndexError/);
  });

  test("with what kubectl says", async () => {
    await writeFile(
      path.join(folder, "kubectl"),
      KUBECTL.replace("apply*)", "apply*) echo 'pods is forbidden' >&2; exit 1"),
    );
    const task = tasks.enqueued("refused");
    await agentUntil(failed(task)).finally(() => writeFile(path.join(folder, "kubectl"), KUBECTL));
    expect(task.status_reason).toMatch(/^K8S glue error: .*pods is forbidden/);
  });

  test("where the server does not take it into the agent's queue", async () => {
    const refusal = { meta: { result_code: 400, result_subcode: 110, result_msg: "Invalid task status" }, data: {} };
    server.faults["tasks.enqueue"] = [
      (_request, response) => {
        response.writeHead(400, { "Content-Type": "application/json" }).end(JSON.stringify(refusal));
        return "answered";
      },
    ];
    const task = tasks.enqueued("turned");
    await agentUntil(failed(task));
    expect(task.status_reason).toMatch(/^K8S glue error: the server did not take it into a queue/);
  });

  test("where its image has a name that no image can have", async () => {
    const waiting = { reason: "InvalidImageName", message: "couldn't parse image name" };
    const pending = {
      metadata: { name: "clearml-id-misnamed", namespace: NAMESPACE },
      status: { containerStatuses: [{ state: { waiting } }] },
    };
    const task = tasks.enqueued("misnamed", { container: { image: "Torch:1" } });
    await agentUntil(async () => {
      if (await hasPod("misnamed")) await writeFile(path.join(folder, "pending"), JSON.stringify(pending));
      return task.status === "failed";
    });
    expect(task.status_reason).toBe("K8S glue error: InvalidImageName (couldn't parse image name)");
    expect(await hasPod("misnamed")).toBe(false);
  });

  test("after a while, where its pod is gone", async () => {
    const task = tasks.enqueued("gone");
    await agentUntil(async () => {
      if (await hasPod("gone")) await rm(path.join(pods, "clearml-id-gone"));
      return task.status === "failed";
    });
    expect(task.status_reason).toMatch(/its pod clearml-id-gone in namespace clearml-agent is gone/);
  });

  test("by an agent that was started since; another agent's tasks and those whose pod is there wait on", async () => {
    const property = (name: string, value: string) => ({ [name]: { name, value } });
    const of = (agent: string, queue?: string) => ({
      hyperparams: {
        properties: { ...property("k8s-agent", agent), ...(queue !== undefined && property("k8s-queue", queue)) },
      },
    });
    const own = `${NAMESPACE}/clearml-agent`;
    // The agent before it ended while it made the pod.
    const lost = tasks.made("lost", of(own));
    const waiting = [
      tasks.made("there", of(own, QUEUE)),
      tasks.made("unmarked"),
      tasks.made("theirs", of("other/agent", QUEUE)),
      tasks.made("cloned", of(own, "of another cluster")),
    ];
    await writeFile(path.join(pods, "clearml-id-there"), "");
    const client = new ClearmlClient(server.connection);
    const queue = await schedulersQueue(client);
    for (const task of ["lost", ...waiting.map(({ id }) => id)]) await client.call("queues.add_task", { queue, task });
    await agentUntil(failed(lost));
    expect(waiting.map(({ status }) => status)).toEqual(Array(4).fill("queued"));
  });
});

/** The queue of what has a pod and does not run yet; the glue makes it. */
async function schedulersQueue(client: ClearmlClient): Promise<string> {
  const { queues } = await client.call<{ queues: { id: string }[] }>("queues.get_all", { name: "^k8s_scheduler$" });
  const made = { name: "k8s_scheduler", system_tags: ["k8s-glue"] };
  return queues[0]?.id ?? (await client.call<{ id: string }>("queues.create", made)).id;
}
