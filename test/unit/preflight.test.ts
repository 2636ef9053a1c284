import { describe, expect, it } from "vitest";
import { lookAtCluster } from "../../automation/cluster/look.ts";
import { Unreached, type ApiAnswer, type Send } from "../../components/api-server.ts";
import type { ClusterFacts } from "../../components/preflight/facts.ts";
import { ingressClassIsServed } from "../../components/preflight/ingress-class.ts";
import type { LabConfig } from "../../components/config.ts";

/** An API server that answers these paths, and to any other with an empty list. */
function answering(answers: Readonly<Record<string, ApiAnswer>>): Send {
  return ({ path }) => Promise.resolve(answers[path] ?? { status: 200, text: `{"items":[]}` });
}

describe("looking at the cluster", () => {
  it("knows the cluster by kube-system's UID", async () => {
    const namespaces = { items: [{ metadata: { name: "kube-system", uid: "u-1" } }] };
    const { facts } = await lookAtCluster(
      {},
      answering({ "/api/v1/namespaces": { status: 200, text: JSON.stringify(namespaces) } }),
    );
    expect(facts.uid).toBe("u-1");
  });

  it("tells what may not be read from what is not there", async () => {
    const look = await lookAtCluster(
      {},
      answering({
        "/api/v1/nodes": { status: 403, text: "" },
        "/apis/networking.k8s.io/v1/ingressclasses": { status: 404, text: "" },
      }),
    );
    expect(look.unread).toEqual(["nodes"]);
    expect(look.facts.nodes).toBeUndefined();
    expect(look.facts.ingressClasses).toEqual([]);
  });

  it("goes no further where the API server does not know the user", async () => {
    const look = lookAtCluster({}, answering({ "/api/v1/nodes": { status: 401, text: "" } }));
    await expect(look).rejects.toThrow(Unreached);
  });
});

const LAB = { cluster: { ingressClass: "traefik" }, cvat: { enabled: true } } as LabConfig;
const NOTHING: ClusterFacts = {
  uid: undefined,
  namespaces: undefined,
  nodes: undefined,
  services: undefined,
  ingressClasses: undefined,
};
const ingressClass = (name: string, controller: string) => ({ metadata: { name }, spec: { controller } });

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
