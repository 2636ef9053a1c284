import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { ChartInstall, type ChartInstallArgs } from "../../components/charts/install.ts";
import { endedByFirstRejection } from "../../components/program/end.ts";
import { UNKNOWN } from "../../components/records/kind.ts";
import { OwnProvider } from "../../components/records/resource.ts";
import { runSmall, type SmallRunOptions } from "./small-engine.ts";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const CANARY = "canary-7f3a";

const deployment = { kind: "Deployment", metadata: { name: "server" }, spec: { image: "server:1" } };
const service = {
  kind: "Service",
  metadata: { name: "web", annotations: { "metallb.io/loadBalancerIPs": "192.0.2.40" } },
  spec: { type: "LoadBalancer" },
};
const renders = [service, deployment];

/** Installs a chart that renders these objects, and gives what was registered of its gate. */
async function gate(options: SmallRunOptions = { renders }, over: Partial<ChartInstallArgs> = {}) {
  const { end, registered } = await runSmall(
    () =>
      endedByFirstRejection(() => {
        const provider = new k8s.Provider("cluster", { kubeconfig: "{}" });
        new ChartInstall(
          "cvat",
          {
            title: "CVAT",
            chart: { name: "cvat", version: "1", path: "/charts/cvat.tgz", origin: "locked" },
            release: "cvat",
            namespace: "lab",
            values: {},
            fixes: [],
            stages: [{ stage: "server", name: /^server$/ }],
            addressKeys: { web: "vision-platform:cvat.address" },
            cluster: {
              provider,
              access: { kubeconfig: "~/.kube/config" },
              readyTimeoutMs: 900_000,
            },
            ...over,
          },
          { provider: new OwnProvider("own") },
        );
        return Promise.resolve({});
      }, 0),
    options,
  );
  expect(end).toBeUndefined();
  const found = registered.find(({ type }) => type === "vision-platform:readiness:Gate") ?? expect.fail();
  return { ...found, inputs: found.inputs as Record<string, Record<string, unknown>> };
}
const digestOf = async (...args: Parameters<typeof gate>) => (await gate(...args)).inputs["rendered"]?.["value"];

describe("the gate of a chart", () => {
  it("is told what was rendered, where that is, and how long it may take", async () => {
    const { name, inputs } = await gate();
    expect(name).toBe("cvat-ready");
    expect(inputs).toEqual({
      title: "CVAT",
      connection: { namespace: "lab", kubeconfig: "~/.kube/config" },
      expectations: [
        { kind: "Deployment", name: "server", stage: "server" },
        {
          kind: "Service",
          name: "web",
          stage: "addresses",
          addresses: ["192.0.2.40"],
          key: "vision-platform:cvat.address",
        },
      ],
      rendered: {
        [SIGNATURE]: expect.anything() as unknown,
        value: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      },
      services: {
        [SIGNATURE]: expect.anything() as unknown,
        value: { web: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown },
      },
      timeoutMs: 900_000,
      timeoutKey: "vision-platform:cluster.readyTimeout",
    });
  });

  it("has the same digests whatever order things come in, and another with another object", async () => {
    const { inputs } = await gate();
    const turned = { ...deployment, spec: deployment.spec, metadata: deployment.metadata };
    expect((await gate({ renders: [turned, service] })).inputs).toEqual(inputs);
    const bumped = (await gate({ renders: [service, { ...deployment, spec: { image: "server:2" } } as never] })).inputs;
    expect(bumped["rendered"]).not.toEqual(inputs["rendered"]);
    expect(bumped["services"]).toEqual(inputs["services"]);
  });

  it("has another when a secret in an object is another, of which nothing is told", async () => {
    const values = { password: pulumi.secret(CANARY) };
    const before = await gate(undefined, { values });
    expect(JSON.stringify(before.inputs)).not.toContain(CANARY);
    const rotated = { values: { password: pulumi.secret("another") } };
    expect(await digestOf(undefined, rotated)).not.toBe(before.inputs["rendered"]?.["value"]);
  });

  it("is the same in a preview", async () => {
    expect((await gate({ renders, preview: true })).inputs).toEqual((await gate()).inputs);
  });

  it("has another when an object was made anew, of whatever kind", async () => {
    const made = async (children: Record<string, object>) => digestOf({ renders, children });
    const [server, config] = ["kubernetes:apps/v1:Deployment::server", "kubernetes:core/v1:ConfigMap::settings"];
    const before = await made({ [server]: { uid: "a" }, [config]: { uid: "b" } });
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(await made({ [config]: { uid: "b" }, [server]: { uid: "a" } })).toBe(before);
    expect(await made({ [server]: { uid: "c" }, [config]: { uid: "b" } })).not.toBe(before);
    expect(await made({ [server]: { uid: "a" }, [config]: { uid: "c" } })).not.toBe(before);
  });

  it("is not known where a preview makes one of the objects", async () => {
    const children = { "kubernetes:apps/v1:Deployment::server": { name: "server", uid: UNKNOWN } };
    const { inputs } = await gate({ renders, children, preview: true });
    expect(JSON.stringify(inputs["rendered"])).toContain(UNKNOWN);
  });

  it("depends on every object", async () => {
    const children = { "kubernetes:apps/v1:Deployment::server": {}, "kubernetes:batch/v1:Job::migrate": {} };
    expect((await gate({ renders, children })).dependsOn).toEqual(expect.arrayContaining(["server", "migrate"]));
  });
});
