import { describe, expect, it } from "vitest";
import { assumedBy } from "../../automation/rehearsal/assumed.ts";
import { labObjects } from "../../automation/rehearsal/cluster/lab.ts";
import { parseLab, type LabConfig } from "../../components/config.ts";
import { addressesCanBeGiven } from "../../components/preflight/addresses/given.ts";
import { devicesSuffice } from "../../components/preflight/devices/suffice.ts";
import type { ClusterFacts } from "../../components/preflight/facts.ts";
import { ingressClassIsServed } from "../../components/preflight/ingress-class.ts";
import { tlsSecretIsThere } from "../../components/preflight/tls-secret.ts";

function parsed(sections: Record<string, unknown>): LabConfig {
  const { lab, problems } = parseLab(sections);
  if (!lab) throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join("; "));
  return lab;
}

const READY = [{ type: "Ready", status: "True" }];

/** The rehearsal's cluster as the preflight sees it. */
function factsOf(lab: LabConfig): ClusterFacts {
  const assumed = assumedBy(lab);
  const devices = Object.assign({}, ...assumed.map((one) => one.devices)) as Record<string, number>;
  const objects = labObjects({ devices, more: assumed.flatMap((one) => one.objects ?? []) });
  const all = (kind: string) => objects.filter((object) => object.kind === kind) as never[];
  return {
    uid: undefined,
    namespaces: all("Namespace"),
    nodes: all("Node").map((node) =>
      Object.assign(node, { status: { ...(node["status"] as object), conditions: READY } }),
    ),
    services: all("Service"),
    claims: [],
    ingressClasses: all("IngressClass"),
    addressPools: all("IPAddressPool"),
    configurationStates: [],
    serviceLb: [],
    tlsSecrets: all("Secret"),
    pods: [],
    unknownKinds: [],
  };
}

const HELMETS = { kind: "detector", description: "Helmets", image: "registry.example/helmets:1", labels: ["helmet"] };
const SHARED_TASKS = { gpus: 1, gpuResource: "nvidia.com/gpu.shared" };

describe("a rehearsal takes for given", () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      "the Secret with CVAT's certificate",
      { cvat: { ingress: { host: "cvat.example.com", tls: { secretName: "lab-tls" } } } },
      /^assumed: Secret cvat\/lab-tls /,
    ],
    ["the lab's IngressClass", { cluster: { ingressClass: "edge" } }, /^assumed: IngressClass edge /],
    ["CVAT's IngressClass", { cvat: { ingress: { className: "edge" } } }, /^assumed: IngressClass edge /],
    [
      "Traefik's Service",
      { traefik: { namespace: "traefik", service: "edge", address: "192.0.2.20" } },
      /^assumed: Traefik's Service is traefik\/edge/,
    ],
    [
      "devices by another name, for functions and a task",
      {
        functions: { helmets: { ...HELMETS, gpu: { resource: "nvidia.com/gpu.shared" }, replicas: 2 } },
        clearml: { addresses: { api: "192.0.2.41" }, agent: { enabled: true, tasks: SHARED_TASKS } },
      },
      /^assumed: node gpu-node has 3 nvidia\.com\/gpu\.shared$/,
    ],
  ])("%s, and says so", (_, sections, note) => {
    const lab = parsed(sections);
    expect(assumedBy(lab).map((assumed) => assumed.note)).toEqual([expect.stringMatching(note)]);
    const facts = factsOf(lab);
    for (const check of [addressesCanBeGiven, ingressClassIsServed, tlsSecretIsThere, devicesSuffice])
      expect(check(facts, lab)).toEqual([]);
  });

  it("nothing more of the example", () => {
    expect(assumedBy(parsed({ traefik: { address: "192.0.2.20" } }))).toEqual([]);
  });
});
