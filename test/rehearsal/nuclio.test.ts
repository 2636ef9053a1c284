import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listing } from "../../automation/functions/listing.ts";
import { problemsOf } from "./failure.ts";
import { NAMESPACE, startNuclioLab, type NuclioLab } from "./nuclio-lab.ts";

const helmets = (changes: Record<string, unknown> = {}) => ({
  kind: "detector",
  description: "Finds helmets.",
  labels: ["helmet", "head"],
  image: "registry.example/vision/helmets:1.0.0",
  gpu: { count: 1 },
  nodeSelector: { "nvidia.com/gpu.present": "true" },
  timeouts: { ready: "8s" },
  ...changes,
});
/** Without a GPU: the lab has one, and the first function holds it. */
const hats = (changes: Record<string, unknown> = {}) => helmets({ gpu: undefined, nodeSelector: {}, ...changes });

const DEPLOYMENTS = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`;
const FUNCTIONS = `/apis/nuclio.io/v1beta1/namespaces/${NAMESPACE}/nucliofunctions`;

interface Deployment {
  metadata: { uid: string };
  spec: {
    strategy: { type: string };
    template: {
      spec: {
        runtimeClassName?: string;
        nodeSelector?: Record<string, string>;
        containers: { image: string; resources: { limits?: Record<string, string> } }[];
      };
    };
  };
  status: { readyReplicas?: number };
}

let lab: NuclioLab;

beforeAll(async () => {
  lab = await startNuclioLab(
    { functions: { helmets: helmets() }, adopted: {}, version: "1.15.13" },
    { unpullable: ["registry.invalid/"] },
  );
});
afterAll(() => lab.end());

const deploymentOf = async (name: string) => (await lab.get(`${DEPLOYMENTS}/nuclio-${name}`)) as Deployment | undefined;
const stateOf = async (name: string) => (await lab.nuclio.dashboard.function(name))?.status?.state;
const report = async (name: string) =>
  ((await lab.engine.stack.outputs())["functions"]?.value as Record<string, { runtimeClass: string; image: string }>)[
    name
  ];
const changed = async () => {
  const { changes } = await lab.engine.run("up");
  return changes.map(({ operation, name }) => `${operation} ${name}`);
};

/** Deploys one as somebody else would: by the dashboard, with nothing that CVAT needs unless it is given. */
async function deployByOthers(name: string, annotations?: Record<string, string>): Promise<void> {
  const limits = { cpu: "1" };
  const wanted = {
    metadata: {
      name,
      namespace: NAMESPACE,
      labels: { "nuclio.io/project-name": "cvat" },
      ...(annotations && { annotations }),
    },
    spec: {
      runtime: "python:3.11",
      handler: "main:handler",
      image: "registry.example/vision/old:1",
      resources: { limits },
    },
  } as unknown as Parameters<typeof lab.nuclio.dashboard.create>[0];
  expect(await lab.nuclio.dashboard.create(wanted)).toBe("accepted");
  await expect.poll(() => stateOf(name), { timeout: 15_000 }).toBe("ready");
}

describe("functions of a stack, on a real API server", () => {
  it("are deployed with GPU, node selector and the runtime class of the platform configuration", async () => {
    await lab.engine.run("up");
    const deployment = await deploymentOf("helmets");
    expect(deployment?.spec.template.spec).toMatchObject({
      runtimeClassName: "nvidia",
      nodeSelector: { "nvidia.com/gpu.present": "true" },
      containers: [
        { image: "registry.example/vision/helmets:1.0.0", resources: { limits: { "nvidia.com/gpu": "1" } } },
      ],
    });
    expect(deployment?.spec.strategy.type).toBe("Recreate");
    expect(deployment?.status.readyReplicas).toBe(1);
    expect(await report("helmets")).toEqual({
      kind: "detector",
      image: "registry.example/vision/helmets:1.0.0",
      runtimeClass: "nvidia, by the platform configuration",
    });
    expect(await lab.nuclio.dashboard.project("cvat")).toBe(true);
  });

  it("are left alone when nothing changed", async () => {
    expect(await changed()).toEqual([]);
  });

  it("are deployed anew when their image changes, and the old pod ends first", async () => {
    lab.state.functions = { helmets: helmets({ image: "registry.example/vision/helmets:1.1.0" }) };
    expect(await changed()).toEqual(["update nuclio-helmets"]);
    const deployment = await deploymentOf("helmets");
    expect(deployment?.spec.template.spec.containers[0]?.image).toBe("registry.example/vision/helmets:1.1.0");
    expect(deployment?.spec.template.spec.runtimeClassName).toBe("nvidia");
  });

  it("are repaired when they are found in error, and when somebody has removed them", async () => {
    const broken = await lab.get(`${FUNCTIONS}/helmets`);
    await lab.put(`${FUNCTIONS}/helmets`, { ...broken, status: { state: "error", message: "somebody broke it" } });
    expect(await changed()).toEqual(["update nuclio-helmets"]);
    expect(await stateOf("helmets")).toBe("ready");
    await lab.nuclio.dashboard.remove("helmets");
    await expect.poll(() => deploymentOf("helmets"), { timeout: 15_000 }).toBeUndefined();
    expect(await changed()).toEqual(["update nuclio-helmets"]);
    expect(await stateOf("helmets")).toBe("ready");
    expect(await changed()).toEqual([]);
  });

  it("say what a build died of; taken out they are gone, and corrected the next up completes them", async () => {
    const build = {
      source: { url: "https://git.example/hats.git", kind: "git", branch: "main" },
      image: "hats:1",
      commands: ["false"],
    };
    lab.state.functions["hats"] = hats({ image: undefined, build });
    const problems = (await problemsOf(lab.engine.run("up"))).join("\n");
    expect(problems).toMatch(/Function hats is error\.[^]*could not parse reference: \/hats:1/);
    expect(problems).not.toMatch(/\n\s+at /);
    delete lab.state.functions["hats"];
    expect(await changed()).toEqual(["delete nuclio-hats", "delete nuclio-hats"]);
    expect(await stateOf("hats")).toBeUndefined();
    lab.state.functions["hats"] = hats({ image: "registry.invalid/vision/hats:1" });
    await problemsOf(lab.engine.run("up"));
    lab.state.functions["hats"] = hats({ image: "registry.example/vision/hats:1" });
    expect(await changed()).toEqual(["update nuclio-hats"]);
    expect(await stateOf("hats")).toBe("ready");
  });

  it("say which image cannot be pulled, and are completed by the next up", async () => {
    lab.state.functions["hats"] = hats({ image: "registry.invalid/vision/hats:2" });
    const problems = (await problemsOf(lab.engine.run("up"))).join("\n");
    expect(problems).toMatch(
      /Function hats does not run after 8 s: [^]*registry\.invalid\/vision\/hats:2[^]*Check the image's name/,
    );
    lab.state.functions["hats"] = hats({ image: "registry.example/vision/hats:3" });
    expect(await changed()).toEqual(["update nuclio-hats"]);
    expect(await stateOf("hats")).toBe("ready");
  });

  it("take the runtime class by their own field where Nuclio has it", async () => {
    lab.state.version = "1.16.3";
    await lab.install();
    expect(await changed()).toEqual(["update nuclio-helmets"]);
    expect(await report("helmets")).toMatchObject({ runtimeClass: "nvidia, by the field" });
  });

  it("that others deployed get theirs by a patch, which outlives their next deployment", async () => {
    await deployByOthers("old", { type: "detector" });
    expect((await deploymentOf("old"))?.spec.template.spec.runtimeClassName).toBeUndefined();
    lab.state.adopted = { old: { runtimeClass: "nvidia" } };
    await lab.engine.run("up");
    expect(await report("old")).toMatchObject({ runtimeClass: "nvidia, by the patch" });
    expect(await lab.nuclio.dashboard.restart("old")).toBe("accepted");
    await expect.poll(() => stateOf("old"), { timeout: 15_000 }).toBe("ready");
    expect((await deploymentOf("old"))?.spec.template.spec.runtimeClassName).toBe("nvidia");
    expect(await changed()).toEqual([]);
  });

  it("show in the list which one breaks CVAT's", async () => {
    await deployByOthers("bare");
    const { dashboard, objects } = lab.nuclio;
    const found = listing(await dashboard.functions(), await objects.deployments(), ["helmets", "hats"]);
    expect(found.cvat).toEqual({ works: false, brokenBy: ["bare", "old"] });
    expect(found.functions.find(({ name }) => name === "helmets")).toMatchObject({
      state: "ready",
      gpu: "nvidia.com/gpu: 1",
      runtimeClass: "nvidia (field)",
      urls: ["nuclio-helmets.cvat.svc.cluster.local:8080"],
      verdict: { outcome: "listed" },
    });
  });

  it("are removed at destroy with their Deployments; those of others stay, and their project with them", async () => {
    await lab.engine.run("destroy");
    expect(await deploymentOf("helmets")).toBeUndefined();
    expect(await deploymentOf("hats")).toBeUndefined();
    expect(await stateOf("helmets")).toBeUndefined();
    expect(await stateOf("old")).toBe("ready");
    expect(await lab.nuclio.dashboard.project("cvat")).toBe(true);
  });
});
