import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { AGENT_IMAGE } from "../../components/clearml/agent/names.ts";
import { ClearmlClient } from "../../components/clearml/client/client.ts";
import { agentConf, S3_VARIABLES, type S3Access } from "../../components/clearml/conf.ts";
import { AGENT, startServer } from "../unit/clearml-agent-server.ts";

const IMAGE = path.resolve(import.meta.dirname, "../../images/clearml-agent");
const S3: S3Access = {
  endpoint: "192.0.2.30:9000",
  secure: false,
  accessKey: "s3-key",
  secretKey: "canary-of-the-s3-secret",
  bucket: "clearml",
};
const text = (name: string) => readFile(path.join(IMAGE, name), "utf8");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "clearml-agent-image-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function program(name: string, script: string): Promise<void> {
  await writeFile(path.join(folder, name), script);
  await chmod(path.join(folder, name), 0o755);
}

test("the image is of the versions that the program names", async () => {
  expect(await text("requirements.txt")).toContain(`\nclearml-agent==${AGENT_IMAGE.agent}\n`);
  expect(await text("Dockerfile")).toContain(`ARG KUBECTL_VERSION=${AGENT_IMAGE.kubectl}\n`);
  expect(AGENT_IMAGE.tag.startsWith(`${AGENT_IMAGE.agent}-`)).toBe(true);
});

test("every file that is copied into the image is let through to the build", async () => {
  const copied = [...(await text("Dockerfile")).matchAll(/^COPY (?:--\S+ )*(.+) \S+$/gm)].flatMap(([, files = ""]) =>
    files.split(" "),
  );
  const allowed = (await text(".dockerignore")).split("\n").flatMap((line) => /^!(.+)$/.exec(line)?.[1] ?? []);
  expect(copied.sort()).toEqual(allowed.sort());
  await Promise.all(copied.map(text));
});

describe("entrypoint.sh", () => {
  /** Runs it with a python3 that prints each argument on a line of its own. */
  async function start(env: Record<string, string>) {
    await program("python3", '#!/bin/bash\nprintf "%s\\n" "$@"\n');
    return execa("bash", ["-c", `source ${IMAGE}/.bashrc && ${IMAGE}/entrypoint.sh`], {
      env: { PATH: `${folder}:/usr/bin:/bin`, HOME: folder, TMPDIR: folder, ...env },
      extendEnv: false,
      stdin: "ignore",
      reject: false,
    });
  }

  test("is sound", async () => {
    await execa("bash", ["-n", path.join(IMAGE, "entrypoint.sh")]);
  });

  // As the chart joins them, 5.3.3.
  const EXTRA = "--namespace clearml-agent --template-yaml /root/template/template.yaml  ";

  test("hands the chart's options on, and says nothing of its own", async () => {
    const { stdout, stderr } = await start({ K8S_GLUE_QUEUE: "GPU large", K8S_GLUE_EXTRA_ARGS: EXTRA });
    expect(stdout.split("\n")).toEqual([
      ...["-u", "/root/k8s_glue.py", "--queue", "GPU large"],
      ...["--namespace", "clearml-agent", "--template-yaml", "/root/template/template.yaml"],
    ]);
    expect(stderr).toBe("");
  });

  test("limits the number of pods when it is told to", async () => {
    const { stdout } = await start({ K8S_GLUE_QUEUE: "gpu", K8S_GLUE_EXTRA_ARGS: "", K8S_GLUE_MAX_PODS: "3" });
    expect(stdout.split("\n")).toEqual(["-u", "/root/k8s_glue.py", "--queue", "gpu", "--max-pods", "3"]);
  });

  test("splits options at blanks and expands nothing in them", async () => {
    const { stdout } = await start({ K8S_GLUE_QUEUE: "gpu", K8S_GLUE_EXTRA_ARGS: "--namespace $HOME\n* `id`" });
    expect(stdout.split("\n").slice(4)).toEqual(["--namespace", "$HOME", "*", "`id`"]);
  });

  test("without a queue it names what is missing", async () => {
    const { exitCode, stderr } = await start({});
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/K8S_GLUE_QUEUE/);
  });
});

describe("k8s_glue.py with the real clearml-agent", () => {
  let python: string;
  beforeAll(async () => {
    python = await pythonEnvironment(path.join(IMAGE, "requirements.txt"), { progress: silentProgress });
  }, 600_000);

  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    execa(python, args, {
      env: {
        PATH: `${folder}:/usr/bin:/bin`,
        HOME: folder,
        TMPDIR: folder,
        PYTHONPATH: IMAGE,
        PYTHONDONTWRITEBYTECODE: "1",
        ...env,
      },
      extendEnv: false,
      reject: false,
      cwd: folder,
    });

  test("knows the options that the chart and the entrypoint give", async () => {
    const { exitCode, stdout } = await run([path.join(IMAGE, "k8s_glue.py"), "--help"]);
    expect(exitCode).toBe(0);
    for (const option of ["--queue", "--namespace", "--template-yaml", "--max-pods", "--create-queue"])
      expect(stdout).toContain(option);
  });

  /** Everything but the server: the agent's own session, template and pods, with a kubectl that keeps what it is given. */
  const DRIVER = `
import json, sys
import clearml_agent.glue.k8s as glue
from clearml_agent.session import Session
from clearml_agent.backend_api import Session as Api

calls = {}
def daemon(self, queues, **options):
    calls["queues"] = [queue.name for queue in queues]
    calls["options"] = {key: options[key] for key in ("docker", "foreground", "create_queue")}
    calls["limit"], calls["namespace"] = self.max_pods_limit, self.namespace
    conf = open(self._session._config_file).read()
    output, error, name = self._kubectl_apply(
        pod_name="clearml-id-t1", clearml_conf_create_script=["echo conf"], docker_image="torch:1",
        docker_args=["-e", "OMP_NUM_THREADS=8"], docker_bash=None, labels=["CLEARML=agent-1"], queue="q",
        task_id="t1", namespace=self.namespace, template=self._resolve_template(None, None, "q", "t1"))
    calls["kubectl"], calls["error"], calls["conf"] = output, error, conf
glue.K8sIntegration.daemon = daemon
glue.K8sIntegration._create_daemon_instance = lambda self, cls_, **options: type("Nothing", (), {"start": lambda self: None})()
Api.__init__ = lambda self, *args, **options: setattr(self, "config", __import__("clearml_agent.backend_api.config", fromlist=["load"]).load())
import k8s_glue
sys.argv = ["k8s_glue.py"] + json.loads(sys.argv[1])
k8s_glue.main()
print(json.dumps(calls))
`;

  // With the fields that the fixes add.
  const TEMPLATE = `
apiVersion: v1
metadata: { namespace: clearml-agent, labels: {} }
spec:
  runtimeClassName: nvidia
  automountServiceAccountToken: false
  nodeSelector: { gpu: "true" }
  tolerations: [{ key: gpu, operator: Exists }]
  containers:
    - resources: { limits: { nvidia.com/gpu: "1" } }
      env:
        - { name: OMP_NUM_THREADS, value: "4" }
        - { name: VISION_PLATFORM_S3_ACCESS_KEY, valueFrom: { secretKeyRef: { name: clearml-agent-credentials, key: s3_access_key } } }
`;

  test("starts a task's pod from our template, with RuntimeClass, GPU and keys by reference", async () => {
    await program("kubectl", '#!/bin/bash\nfor last; do :; done\ncat "$last"\n');
    await writeFile(path.join(folder, "template.yaml"), TEMPLATE);
    await writeFile(path.join(folder, "clearml.conf"), "sdk { key: ${KEY} }\n");
    const options = [
      "--queue",
      "GPU large, cpu",
      "--namespace",
      "clearml-agent",
      "--template-yaml",
      `${folder}/template.yaml`,
    ];
    const { stdout, stderr, exitCode } = await run(["-c", DRIVER, JSON.stringify([...options, "--max-pods", "2"])], {
      CLEARML_CONFIG_FILE: path.join(folder, "clearml.conf"),
      CLEARML_API_HOST: "http://127.0.0.1:1",
      CLEARML_API_ACCESS_KEY: "key",
      CLEARML_API_SECRET_KEY: "secret",
      CLEARML_WORKER_ID: "clearml-agent",
      KEY: "canary-of-the-store",
    });
    expect(stderr + stdout, stderr).not.toMatch(/Traceback/);
    expect(exitCode).toBe(0);
    const calls = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
    expect(calls).toMatchObject({
      queues: ["GPU large", "cpu"],
      options: { docker: false, foreground: true, create_queue: false },
      limit: 2,
      namespace: "clearml-agent",
      error: "",
    });
    // The text it would copy into the pod is the file's own, with no key in it.
    expect(calls["conf"]).toBe("sdk { key: ${KEY} }\n");
    const pod = parse(String(calls["kubectl"])) as { spec: { containers: { env: { name: string }[] }[] } };
    expect(pod).toMatchObject({
      kind: "Pod",
      metadata: { name: "clearml-id-t1", labels: { CLEARML: "agent-1" } },
      spec: {
        runtimeClassName: "nvidia",
        automountServiceAccountToken: false,
        nodeSelector: { gpu: "true" },
        tolerations: [{ key: "gpu", operator: "Exists" }],
        restartPolicy: "Never",
        containers: [{ image: "torch:1", resources: { limits: { "nvidia.com/gpu": "1" } } }],
      },
    });
    expect(pod.spec.containers[0]?.env).toEqual(
      expect.arrayContaining([
        { name: "OMP_NUM_THREADS", value: "8" },
        {
          name: "VISION_PLATFORM_S3_ACCESS_KEY",
          valueFrom: { secretKeyRef: { name: "clearml-agent-credentials", key: "s3_access_key" } },
        },
      ]),
    );
    expect(String(calls["kubectl"])).not.toContain("canary-of-the-store");
  }, 60_000);

  test("signs in, finds its queue and takes tasks from it; no secret is in its log", { timeout: 90_000 }, async () => {
    const server = await startServer();
    const stop = new AbortController();
    try {
      await new ClearmlClient(server.connection).call("queues.create", { name: "gpu large" });
      const urls = { web: server.url, api: server.url, files: server.url };
      await writeFile(path.join(folder, "clearml.conf"), agentConf({ urls, s3: S3 }));
      await writeFile(path.join(folder, "template.yaml"), TEMPLATE);
      // As the chart starts it, 5.3.3.
      const running = execa("bash", ["-c", `source ${IMAGE}/.bashrc && ${IMAGE}/entrypoint.sh`], {
        env: {
          PATH: `${path.dirname(python)}:${folder}:/usr/bin:/bin`,
          HOME: folder,
          // There it looks for others of its name, and ends where one runs. (clearml_agent/helper/singleton.py)
          TMPDIR: folder,
          PYTHONDONTWRITEBYTECODE: "1",
          K8S_GLUE_LAUNCHER: path.join(IMAGE, "k8s_glue.py"),
          K8S_GLUE_QUEUE: "gpu large",
          K8S_GLUE_EXTRA_ARGS: `--namespace clearml-agent --template-yaml ${folder}/template.yaml`,
          CLEARML_CONFIG_FILE: path.join(folder, "clearml.conf"),
          CLEARML_API_ACCESS_KEY: AGENT.accessKey,
          CLEARML_API_SECRET_KEY: AGENT.secretKey,
          CLEARML_WORKER_ID: "clearml-agent",
          [S3_VARIABLES.accessKey]: S3.accessKey,
          [S3_VARIABLES.secretKey]: S3.secretKey,
        },
        extendEnv: false,
        stdin: "ignore",
        all: true,
        reject: false,
        cancelSignal: stop.signal,
      });
      await vi.waitUntil(() => server.asked.includes("queues.get_next_task"), { timeout: 60_000, interval: 200 });
      stop.abort();
      const { all: log } = await running;
      expect(log).toMatch(/Worker "clearml-agent" - Listening to queues:[^]*gpu large/);
      expect(log).not.toContain(AGENT.secretKey);
      expect(log).not.toContain(S3.secretKey);
    } finally {
      stop.abort();
      await server.end();
    }
  });
});
