import { describe, expect, it } from "vitest";
import { groundOf } from "../../automation/rehearsal/ground/ground.ts";
import type { LabObject } from "../../automation/rehearsal/ground/object.ts";
import type { Plan } from "../../components/lab/plan.ts";
import { CLUSTER_CHECKS } from "../../components/preflight/checks.ts";
import type { ClusterFacts } from "../../components/preflight/facts.ts";
import { signInLab } from "../fixtures/edge/lab.ts";
import { exampleStack } from "../fixtures/inputs/whole-stack.ts";
import { planned } from "../fixtures/inputs/planned.ts";

type Sections = Record<string, unknown>;

const READY = [{ type: "Ready", status: "True" }];

/** The rehearsal's cluster as the preflight sees it. */
function factsOf(objects: readonly LabObject[]): ClusterFacts {
  const all = (kind: string) => objects.filter((object) => object.kind === kind) as never[];
  return {
    uid: undefined,
    kubernetes: undefined,
    namespaces: all("Namespace"),
    nodes: all("Node").map((node) =>
      Object.assign(node, { status: { ...(node["status"] as object), conditions: READY } }),
    ),
    services: all("Service"),
    claims: [],
    ingressClasses: all("IngressClass"),
    storageClasses: all("StorageClass"),
    addressPools: all("IPAddressPool"),
    configurationStates: [],
    serviceLb: [],
    tlsSecrets: all("Secret"),
    gateways: all("Gateway"),
    gatewayClasses: all("GatewayClass"),
    serviceSecrets: all("Secret"),
    pods: [],
    unknownKinds: [],
  };
}

const findings = (lab: Plan) => {
  const facts = factsOf(groundOf(lab).objects);
  return CLUSTER_CHECKS.flatMap((check) => check(facts, lab));
};

const HELMETS = { kind: "detector", description: "Helmets", image: "registry.example/helmets:1", labels: ["helmet"] };
const TASKS = { clearml: { addresses: { api: "192.0.2.41" }, agent: { enabled: true, tasks: { gpus: 1 } } } };

describe("a rehearsal takes for given", () => {
  it.each<[string, Sections, RegExp]>([
    [
      "the Secret with CVAT's certificate",
      { cvat: { ingress: { host: "cvat.example.com", tls: { secretName: "lab-tls" } } } },
      /^Secret cvat\/lab-tls /,
    ],
    [
      "the Secret that CVAT's certificate is copied from, and not its copy",
      {
        cvat: {
          ingress: {
            host: "cvat.example.com",
            tls: { secretName: "lab-tls", copyOf: { namespace: "certificates", name: "wildcard" } },
          },
        },
      },
      /^Secret (certificates\/wildcard|cvat\/lab-tls) /,
    ],
    ["the lab's IngressClass", { cluster: { ingressClass: "edge" } }, /^IngressClass edge,/],
    [
      "an IngressClass of ingress-nginx, before which people sign in",
      signInLab({ ingress: { edge: "ingress-nginx", className: "edge" }, sso: { tokenHost: "api.example.com" } }),
      /^IngressClass edge, which ingress-nginx serves$/,
    ],
    [
      "a Gateway",
      signInLab({ ingress: { edge: "gateway", gateway: { name: "lab", namespace: "gateways" } } }),
      /^Gateway gateways\/lab, which Traefik serves$/,
    ],
    ["CVAT's IngressClass", { cvat: { ingress: { className: "edge" } } }, /^IngressClass edge,/],
    [
      "Traefik's Service",
      { traefik: { namespace: "traefik", service: "edge", address: "192.0.2.20" } },
      /^Traefik behind Service traefik\/edge,/,
    ],
    ["an address of the lab's own", { traefik: { address: "10.1.2.3" } }, /^MetalLB .* 10\.1\.2\.3\/32$/],
    [
      "StorageClasses by name",
      { cluster: { storageClass: "ceph-filesystem" } },
      /^StorageClass ceph-filesystem: shared/,
    ],
    [
      "StorageClasses that the stack file says",
      { cluster: { storageClass: "fast" }, rehearsal: { storageClasses: { fast: { readWriteMany: true } } } },
      /^StorageClass fast: shared by nodes \(RWX\), claims do not grow$/,
    ],
    [
      "the node that CVAT's data is kept on",
      { cvat: { data: { accessMode: "ReadWriteOnce", node: "atlas" } } },
      /^Node atlas: amd64$/,
    ],
    [
      "a node with the labels and the processor that a function asks for",
      { functions: { helmets: { ...HELMETS, nodeSelector: { "kubernetes.io/arch": "arm64", disk: "ssd" } } } },
      /^Node node: arm64, disk=ssd$/,
    ],
    [
      "devices by another name",
      { functions: { helmets: { ...HELMETS, gpu: { resource: "nvidia.com/gpu.shared" } } } },
      /^Node gpu-node: amd64, 1 nvidia\.com\/gpu\.shared, as much as its largest pod asks for /,
    ],
    ["a RuntimeClass", { functions: { helmets: { ...HELMETS, runtimeClass: "crun" } } }, /^RuntimeClass crun$/],
    [
      "cert-manager's kinds where it makes the certificate",
      { cvat: { ingress: { host: "cvat.example.com", tls: { secretName: "lab-tls", madeInCluster: true } } } },
      /^cert-manager's kinds$/,
    ],
  ])("%s, and says so", (_, sections, note) => {
    const lab = planned(sections);
    expect(groundOf(lab).notes.filter((one) => note.test(one))).toHaveLength(1);
    const refused = findings(lab).filter(({ severity }) => severity === "refusal");
    expect(refused).toEqual([]);
  });

  it("the devices of the largest pod, and shows that others have no room beside it", () => {
    const two = { helmets: { ...HELMETS, gpu: { count: 2 }, replicas: 3 } };
    const lab = planned({ ...TASKS, functions: two });
    expect(groundOf(lab).notes).toContainEqual(expect.stringMatching(/^Node gpu-node: amd64, 2 nvidia\.com\/gpu,/));
    expect(findings(lab).map(({ path }) => path)).toEqual(["vision-platform:functions.helmets.gpu"]);
  });

  it("the nodes that the stack file says, and no others", () => {
    const nodes = {
      vega: { devices: { "nvidia.com/gpu": 2 }, labels: { gpu: "yes" } },
      atlas: { architecture: "arm64", taints: [{ key: "only", value: "data", effect: "NoSchedule" }] },
    };
    const lab = planned({ ...TASKS, functions: { helmets: { ...HELMETS, gpu: {} } }, rehearsal: { nodes } });
    expect(groundOf(lab).notes.filter((note) => note.startsWith("Node "))).toEqual([
      "Node vega: amd64, gpu=yes, 2 nvidia.com/gpu",
      "Node atlas: arm64",
    ]);
    expect(findings(lab)).toEqual([]);
    const lost = { cvat: { data: { accessMode: "ReadWriteOnce", node: "atals" } }, rehearsal: { nodes } };
    expect(findings(planned(lost))).toEqual([
      {
        severity: "refusal",
        path: "vision-platform:cvat.data.node",
        message: "The cluster has no node `atals`. Did you mean `atlas`? It has vega, atlas.",
      },
    ]);
  });

  it("the example's one node, with what both ask it for", () => {
    const { notes } = groundOf(planned(exampleStack()));
    expect(notes.filter((note) => note.startsWith("Node "))).toEqual([
      expect.stringMatching(/^Node gpu-node: amd64, nvidia\.com\/gpu\.present=true, 1 nvidia\.com\/gpu, /),
    ]);
  });
});

describe("a rehearsal knows nothing of", () => {
  it.each<[string, Sections, RegExp]>([
    [
      "a slip",
      { cluster: { storageClass: "longhorm" } },
      /cluster\.storageClass: .*`longhorm`\. Did you mean `longhorn`\?/,
    ],
    [
      "a class of somebody's own",
      { cluster: { storageClass: "tank.ssd" } },
      /cluster\.storageClass: .*rehearsal\.storageClasses\["tank\.ssd"\].*--like KUBECONFIG/,
    ],
    ["a class that a section names", { clearml: { storage: { class: "longhorm" } } }, /clearml\.storage\.class: /],
    [
      "a class that values name",
      { cvat: { values: { postgresql: { primary: { persistence: { storageClass: "longhorm" } } } } } },
      /cvat\.values: .*longhorm/,
    ],
    [
      "a class that shares no volume",
      { cluster: { storageClass: "local-path" } },
      /cluster\.storageClass: .*`local-path` gives no volume to pods of several nodes.*Set ReadWriteOnce/,
    ],
  ])("%s, and says so before anything is started", (_, sections, message) => {
    expect(() => groundOf(planned(sections))).toThrow(message);
  });

  it("a class that no claim asks for", () => {
    const analytics = { enabled: false, grafana: { storageClass: "longhorm" } };
    expect(() => groundOf(planned({ cvat: { analytics } }))).not.toThrow();
  });
});
