import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parseLab } from "../../components/lab/parse.ts";
import { agentPlan } from "../../components/clearml/agent/plan.ts";
import { functionPlan } from "../../components/nuclio/plan.ts";
import { functionObject } from "../../components/nuclio/spec.ts";
import { agentValues } from "../../components/clearml/agent/values.ts";
import { clearmlConfig } from "../../components/clearml/clearml-section.ts";
import { clearmlValues } from "../../components/clearml/values.ts";
import { cvatValues } from "../../components/cvat/values.ts";
import { config as functionConfig, entry } from "./nuclio-fixtures.ts";
import { plannedClearml, plannedCvat } from "../fixtures/inputs/planned.ts";

interface Container {
  name: string;
  env?: string[];
}

/** Names of the variables that a container of a real chart has, by the inventory of what it renders. */
async function inChart(chart: string, workload: RegExp, container: RegExp): Promise<string[]> {
  const file = path.resolve(import.meta.dirname, `../fixtures/inventory/${chart}.jsonl`);
  const rows = (await readFile(file, "utf8")).trim().split("\n");
  const names = rows
    .map((row) => JSON.parse(row) as { name: string; containers?: Container[] })
    .filter(({ name }) => workload.test(name))
    .flatMap(({ containers = [] }) => containers.filter(({ name }) => container.test(name)))
    .flatMap(({ env = [] }) => env);
  expect(names.length).toBeGreaterThan(1);
  return [...new Set(names)];
}

/** What is wrong with a lab, each key with what is said of it. */
const problemsOf = (sections: Record<string, unknown>) =>
  Object.fromEntries(parseLab(sections).problems.map(({ path: key, message }) => [key, message]));

const each = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, "x"]));
const namesIn = (list: unknown) => (list as { name: string }[]).map(({ name }) => name);

describe("a free map of environment that repeats a variable is refused, with the cure", () => {
  it.each(["cvat-0.15.0", "cvat-0.17.1", "cvat-2.64.0"])("cvat.env: all that chart %s sets", async (chart) => {
    const names = await inChart(chart, /^cvat-backend-(server|worker|utils)/, /^cvat-backend$/);
    const problems = problemsOf({ cvat: { nuclio: { enabled: true }, env: each(names) } });
    for (const name of names)
      expect([name, problems[`vision-platform:cvat.env.${name}`]]).toEqual([
        name,
        expect.stringMatching(/^Is set already.*; \S/),
      ]);
  });

  it.each([
    ["with a host name", { ingress: { host: "cvat.example.com" } }],
    [
      "with Nuclio elsewhere",
      { nuclio: { enabled: false, external: { host: "nuclio.example.com", namespace: "nuclio" } } },
    ],
  ])("cvat.env: all that this program sets, %s", (_what, changes) => {
    const values = cvatValues({
      plan: plannedCvat(changes),
      clickhousePassword: "c",
      smokescreen: "",
    });
    const names = namesIn((values["cvat"] as { backend: { additionalEnv: unknown } }).backend.additionalEnv);
    expect(names).not.toEqual([]);
    const problems = problemsOf({ cvat: { ...changes, env: each(names) } });
    expect(Object.keys(problems).sort()).toEqual(names.map((name) => `vision-platform:cvat.env.${name}`).sort());
  });

  it("cvat.env: what a part that is off would set is free", () => {
    expect(
      problemsOf({
        cvat: {
          analytics: { enabled: false },
          nuclio: { enabled: false },
          env: { CVAT_SERVERLESS: "1", CLICKHOUSE_HOST: "h" },
        },
      }),
    ).toEqual({});
  });

  it.each(["apiserver", "fileserver", "webserver"] as const)(
    "clearml.environment.%s: all that chart and program set",
    async (server) => {
      const inReal = await inChart("clearml-7.14.4", new RegExp(`^clearml-${server}$`), /./);
      const changes = { disableIpv6: true, addresses: { files: "192.0.2.27" } };
      const values = clearmlValues({
        plan: plannedClearml(changes),
        digests: { apiserver: "", fileserver: "" },
      });
      const names = [...new Set([...inReal, ...namesIn((values[server] as { extraEnvs: unknown }).extraEnvs)])];
      const problems = problemsOf({ clearml: { ...changes, environment: { [server]: each(names) } } });
      for (const name of names)
        expect([name, problems[`vision-platform:clearml.environment.${server}.${name}`]]).toEqual([
          name,
          expect.stringMatching(/^Is set already/),
        ]);
    },
  );

  it("clearml.environment: in another case too, which the server reads as the same", () => {
    const environment = {
      apiserver: { CLEARML__SECURE__AUTH__TOKEN_SECRET: "x", CLEARML__apiserver__auth__cookies__max_age: "1" },
    };
    expect(Object.keys(problemsOf({ clearml: { environment } }))).toEqual([
      "vision-platform:clearml.environment.apiserver.CLEARML__SECURE__AUTH__TOKEN_SECRET",
    ]);
  });

  it("clearml.agent.tasks.environment: all that the chart's template of a task's pod and the program set", async () => {
    const parsed = clearmlConfig.parse({});
    const urls = { web: "w", api: "a", files: "f" };
    const values = agentValues({ plan: agentPlan(parsed.agent, "5.3.3"), urls, s3: true, digest: "" }) as {
      agentk8sglue: { basePodTemplate: { env: unknown } };
    };
    const template = await readFile(
      path.resolve(import.meta.dirname, "../../automation/rehearsal/miniatures/clearml-agent/templates/_names.tpl"),
      "utf8",
    );
    const inTemplate = [...template.matchAll(/CLEARML_[A-Z]+_(HOST|ACCESS_KEY|SECRET_KEY)/g)].map(([name]) => name);
    const names = [...new Set([...inTemplate, ...namesIn(values.agentk8sglue.basePodTemplate.env)])];
    expect(names.length).toBeGreaterThan(5);
    const problems = problemsOf({ clearml: { agent: { tasks: { environment: each(names) } } } });
    for (const name of names)
      expect([name, problems[`vision-platform:clearml.agent.tasks.environment.${name}`]]).toEqual([
        name,
        expect.stringMatching(/^Is set already/),
      ]);
  });

  it("functions.NAME.env: all that `model` and Nuclio set", () => {
    const model = { key: "helmets.onnx", sha256: "0".repeat(64) };
    const store = { endpoint: "http://192.0.2.30:9000", region: "us-east-1", secret: "s" };
    const { env } = functionObject("helmets", functionPlan(functionConfig({ model })), {
      namespace: "cvat",
      hasField: true,
      store,
    }).spec;
    const names = [...namesIn(env), "NUCLIO_FUNCTION_NAME", "NUCLIO_FUNCTION_VERSION", "NUCLIO_FUNCTION_INSTANCE"];
    const problems = problemsOf({ functions: { helmets: entry({ model, env: each(names) }) } });
    for (const name of names)
      expect(problems[`vision-platform:functions.helmets.env.${name}`]).toMatch(/^Is set already/);
  });
});
