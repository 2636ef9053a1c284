import { describe, expect, it } from "vitest";
import { lookAtCluster } from "../../automation/cluster/look.ts";
import { Unreached, type ApiAnswer, type Send } from "../../components/kubernetes/api-server.ts";
import type { ClusterFacts } from "../../components/preflight/facts.ts";
import { NOTHING } from "./cluster-facts.ts";
import { nodesRunTheImages } from "../../components/preflight/architecture.ts";
import { ingressClassIsServed } from "../../components/preflight/ingress-class.ts";
import type { Plan } from "../../components/lab/plan.ts";
import { gatewayFits } from "../../components/preflight/gateway.ts";
import { tlsSecretIsThere, tlsSecretOf, tlsSecretsOf } from "../../components/preflight/tls-secret.ts";
import { signInLab } from "../fixtures/edge/lab.ts";
import { planned } from "../fixtures/inputs/planned.ts";

/** An API server that answers these paths, and to any other with an empty list. */
function answering(answers: Readonly<Record<string, ApiAnswer>>): Send {
  return ({ path }) => Promise.resolve(answers[path] ?? { status: 200, text: `{"items":[]}` });
}

describe("looking at the cluster", () => {
  it("knows the cluster by kube-system's UID", async () => {
    const namespaces = { items: [{ metadata: { name: "kube-system", uid: "u-1" } }] };
    const { facts } = await lookAtCluster(
      {},
      { send: answering({ "/api/v1/namespaces": { status: 200, text: JSON.stringify(namespaces) } }) },
    );
    expect(facts.uid).toBe("u-1");
  });

  it("tells what may not be read from what is not there", async () => {
    const look = await lookAtCluster(
      {},
      {
        send: answering({
          "/api/v1/nodes": { status: 403, text: "" },
          "/apis/metallb.io/v1beta1/ipaddresspools": { status: 404, text: "" },
        }),
      },
    );
    expect(look.unread).toEqual(["nodes"]);
    expect(look.facts.nodes).toBeUndefined();
    expect(look.facts.addressPools).toEqual([]);
    expect(look.facts.unknownKinds).toEqual(["addressPools"]);
  });

  it("lists pods only for a lab that asks for devices, and goes on where it may not", async () => {
    const send = answering({ "/api/v1/pods": { status: 403, text: "" } });
    expect((await lookAtCluster({}, { send })).unread).toEqual([]);
    const { facts, unread } = await lookAtCluster({}, { send, pods: true });
    expect([facts.pods, unread]).toEqual([undefined, ["pods"]]);
  });

  it("goes no further where the API server does not know the user", async () => {
    const look = lookAtCluster({}, { send: answering({ "/api/v1/nodes": { status: 401, text: "" } }) });
    await expect(look).rejects.toThrow(Unreached);
  });
});

const LAB = planned({});
const ingressClass = (name: string, controller: string) => ({ metadata: { name }, spec: { controller } });

it("looks at CVAT's own class where the stack names one", () => {
  const lab = planned({ cvat: { ingress: { className: "edge" } } });
  const ingressClasses = [ingressClass("traefik", "traefik.io/ingress-controller")];
  expect(ingressClassIsServed({ ...NOTHING, ingressClasses }, lab)).toEqual([
    expect.objectContaining({ severity: "refusal", path: "vision-platform:cvat.ingress.className" }),
  ]);
});

describe("the IngressClass", () => {
  it.each([
    ["is Traefik's", [ingressClass("traefik", "traefik.io/ingress-controller")], undefined],
    ["may not be read", undefined, undefined],
    ["is missing", [], "is no IngressClass of this cluster. No class of this cluster is Traefik's"],
    [
      "is another controller's",
      [ingressClass("traefik", "k8s.io/ingress-nginx")],
      "is a class of k8s.io/ingress-nginx",
    ],
    ["is called otherwise", [ingressClass("edge", "traefik.io/ingress-controller")], "Traefik serves edge: set one."],
  ])("that %s", (_what, ingressClasses, refusal) => {
    const found = ingressClassIsServed({ ...NOTHING, ingressClasses }, LAB);
    expect(found).toEqual(
      refusal === undefined
        ? []
        : [
            {
              severity: "refusal",
              path: "vision-platform:cluster.ingressClass",
              message: expect.stringContaining(refusal) as string,
            },
          ],
    );
  });
});

describe("what stands before CVAT where people sign in", () => {
  const edge = (ingress: Record<string, unknown>, sso = {}) => planned(signInLab({ ingress, sso }));
  const traefiks = [ingressClass("traefik", "traefik.io/ingress-controller")];
  const NGINX = edge({ edge: "ingress-nginx", className: "nginx" }, { tokenHost: "api.example.com" });
  const GATEWAY = edge({ edge: "gateway", gateway: { name: "lab", namespace: "gateways" } });
  const gateway = { metadata: { name: "lab", namespace: "gateways" }, spec: { gatewayClassName: "lab" } };
  const ofClass = (controllerName: string) => [{ metadata: { name: "lab" }, spec: { controllerName } }];

  it("needs no IngressClass where it is Traefik by its own kinds, or a Gateway", () => {
    for (const plan of [edge({}), GATEWAY])
      expect(ingressClassIsServed({ ...NOTHING, ingressClasses: [] }, plan)).toEqual([]);
  });

  it("needs one of ingress-nginx where it is that", () => {
    expect(ingressClassIsServed({ ...NOTHING, ingressClasses: traefiks }, NGINX)).toMatchObject([
      {
        message:
          "`nginx` is no IngressClass of this cluster. No class of this cluster is ingress-nginx's: is ingress-nginx installed?",
      },
    ]);
    const ingressClasses = [ingressClass("nginx", "k8s.io/ingress-nginx")];
    expect(ingressClassIsServed({ ...NOTHING, ingressClasses }, NGINX)).toEqual([]);
  });

  it.each<[string, Partial<ClusterFacts>, string | undefined]>([
    ["is Traefik's", { gateways: [gateway], gatewayClasses: ofClass("traefik.io/gateway-controller") }, undefined],
    ["may not be read", { gateways: undefined, gatewayClasses: undefined }, undefined],
    ["is missing", { gateways: [], gatewayClasses: [] }, "There is no Gateway gateways/lab."],
    [
      "is another's",
      { gateways: [gateway], gatewayClasses: ofClass("gateway.envoyproxy.io/gatewayclass-controller") },
      "Gateway gateways/lab is of gateway.envoyproxy.io/gatewayclass-controller, not of Traefik, whose Middlewares ask for the session. Set vision-platform:cvat.ingress.gateway.implementation to other,",
    ],
    ["has a class that is missing", { gateways: [gateway], gatewayClasses: [] }, "is of a class that is not there"],
  ])("a Gateway that %s", (_, facts, refusal) => {
    const found = gatewayFits({ ...NOTHING, ...facts }, GATEWAY);
    expect(found.map(({ message }) => message)).toEqual(
      refusal === undefined ? [] : [expect.stringContaining(refusal) as string],
    );
  });

  it("may be another's where the proxy is in the path, but must be there", () => {
    const named = { name: "lab", namespace: "gateways", implementation: "other" };
    const lab = edge({ edge: "gateway", gateway: named }, { tokenHost: "api.example.com" });
    const others = { gateways: [gateway], gatewayClasses: ofClass("gateway.envoyproxy.io/gatewayclass-controller") };
    expect(gatewayFits({ ...NOTHING, ...others }, lab)).toEqual([]);
    expect(gatewayFits({ ...NOTHING, ...others, gateways: [] }, lab)).toMatchObject([{ severity: "refusal" }]);
  });

  it("is looked for only there, and its certificate is a Gateway's own", async () => {
    const asked: string[] = [];
    const send: Send = ({ path }) => {
      asked.push(path);
      return Promise.resolve({ status: 200, text: `{"items":[]}` });
    };
    await lookAtCluster({}, { send });
    expect(asked.join()).not.toContain("gateway");
    await lookAtCluster({}, { send, gateways: true });
    expect(asked.join()).toContain("/apis/gateway.networking.k8s.io/v1/gateways");
    expect([GATEWAY, NGINX].map(({ lab }) => tlsSecretOf(lab)?.name)).toEqual([undefined, "cvat-example-com"]);
  });
});

describe("the Secret with CVAT's certificate", () => {
  const tls = (more: object = {}, values: object = {}) =>
    ({
      lab: { cvat: { enabled: true, namespace: "cvat", ingress: { tls: { secretName: "lab-tls", ...more } }, values } },
    }) as Plan;
  const secret = (...keys: string[]) => {
    const metadata = { name: "lab-tls", namespace: "cvat" };
    return { metadata, data: Object.fromEntries(keys.map((key) => [key, "eA=="])) };
  };
  const look = (tlsSecrets: ClusterFacts["tlsSecrets"], lab = tls()) =>
    tlsSecretIsThere({ ...NOTHING, tlsSecrets }, lab);

  it("is the only one that is read", async () => {
    const asked: string[] = [];
    const send: Send = ({ path }) => {
      asked.push(path);
      return Promise.resolve({ status: 200, text: `{"items":[]}` });
    };
    await lookAtCluster({}, { send, tlsSecrets: tlsSecretsOf(tls().lab) });
    expect(asked.filter((path) => path.includes("secrets"))).toEqual([
      "/api/v1/namespaces/cvat/secrets?fieldSelector=metadata.name%3Dlab-tls",
    ]);
  });

  it("is there, may not be read, or is not asked for: nothing is said", () => {
    expect(look([secret("tls.crt", "tls.key")])).toEqual([]);
    expect(look(undefined)).toEqual([]);
    expect(look([], LAB)).toEqual([]);
  });

  it.each([
    ["is missing", [], /^There is no Secret cvat\/lab-tls\. Make it: .*kubectl create secret tls lab-tls -n cvat/],
    ["has no key", [secret("tls.crt")], /^Secret cvat\/lab-tls has no tls\.key\./],
  ])("%s: refused with key and cure", (_, tlsSecrets, message) => {
    expect(look(tlsSecrets)).toEqual([
      {
        severity: "refusal",
        path: "vision-platform:cvat.ingress.tls.secretName",
        message: expect.stringMatching(message) as string,
      },
    ]);
  });

  it.each([
    ["the stack says so", tls({ madeInCluster: true })],
    [
      "an Ingress of the stack names cert-manager's issuer",
      tls({}, { ingress: { annotations: { "cert-manager.io/cluster-issuer": "lab" } } }),
    ],
  ])("is missing and made by another program, when %s: a warning", (_, lab) => {
    expect(look([], lab)).toMatchObject([{ severity: "warning" }]);
  });
});

describe("a certificate that is copied from another namespace", () => {
  const COPY = {
    lab: {
      cvat: {
        enabled: true,
        namespace: "cvat",
        ingress: { tls: { secretName: "lab-tls", copyOf: { namespace: "certificates", name: "wildcard" } } },
        values: {},
      },
    },
  } as unknown as Plan;
  const GIVEN = {
    lab: { cvat: { enabled: true, namespace: "cvat", ingress: { tls: { secretName: "lab-tls" } }, values: {} } },
  } as unknown as Plan;
  const data = { "tls.crt": "eA==", "tls.key": "eA==" };
  const source = { metadata: { name: "wildcard", namespace: "certificates" }, data };
  const elsewhere = { metadata: { name: "wildcard", namespace: "cvat" }, data };
  const mine = { metadata: { name: "lab-tls", namespace: "cvat" }, data };
  const copy = { metadata: { ...mine.metadata, labels: { "vision-platform/copied-from": "certificates" } } };
  const look = (tlsSecrets: ClusterFacts["tlsSecrets"], plan = COPY) =>
    tlsSecretIsThere({ ...NOTHING, tlsSecrets }, plan).map(({ severity, path, message }) => [
      severity,
      path.split(":")[1],
      message,
    ]);

  it.each([[[source]], [[source, copy]]])(
    "%#: its source is there, and the copy is ours or is not there yet",
    (found) => {
      expect(look(found)).toEqual([]);
    },
  );

  it.each<[string, ClusterFacts["tlsSecrets"], string, RegExp]>([
    [
      "no source",
      [],
      "copyOf",
      /^There is no Secret certificates\/wildcard, .*kubectl create secret tls wildcard -n cert/,
    ],
    // One of the same name elsewhere is another.
    ["a source elsewhere", [elsewhere], "copyOf", /^There is no Sec/],
    ["a source without a key", [{ ...source, data: { "tls.crt": "eA==" } }], "copyOf", /has no tls\.key,/],
    ["somebody's Secret of the copy's name", [source, mine], "secretName", /kubectl delete secret lab-tls -n cvat$/],
  ])("%s is refused, with the command", (_, found, key, message) => {
    expect(look(found)).toEqual([["refusal", `cvat.ingress.tls.${key}`, expect.stringMatching(message) as string]]);
  });

  it("a copy that is named as a given one is refused: it goes in that very up", () => {
    expect(look([{ ...copy, data }], GIVEN)).toEqual([
      ["refusal", "cvat.ingress.tls.secretName", expect.stringContaining("goes with it") as string],
    ]);
  });
});

describe("nodes of another processor", () => {
  const node = (name: string, architecture: string, spec: object = {}) => {
    const metadata = { name };
    return { metadata, spec, status: { nodeInfo: { architecture } } };
  };
  const taint = (effect: string) => ({ taints: [{ key: "kubernetes.io/arch", effect }] });

  it("that take pods are told, with what keeps them away", () => {
    const [found, ...more] = nodesRunTheImages(
      { ...NOTHING, nodes: [node("gpu", "amd64"), node("pi-1", "arm64"), node("pi-2", "arm64")] },
      LAB,
    );
    expect(more).toEqual([]);
    expect(found?.severity).toBe("warning");
    expect(found?.message).toContain("pi-1 (arm64), pi-2 (arm64)");
    expect(found?.message).toContain("kubectl taint nodes pi-1 kubernetes.io/arch=arm64:NoSchedule");
  });

  it("that take none are not", () => {
    const nodes = [
      node("gpu", "amd64"),
      node("pi-1", "arm64", taint("NoSchedule")),
      node("pi-2", "arm64", taint("NoExecute")),
      node("pi-3", "arm64", { unschedulable: true }),
    ];
    expect(nodesRunTheImages({ ...NOTHING, nodes }, LAB)).toEqual([]);
    expect(
      nodesRunTheImages({ ...NOTHING, nodes: [node("pi", "arm64", taint("PreferNoSchedule"))] }, LAB),
    ).toHaveLength(1);
  });
});
