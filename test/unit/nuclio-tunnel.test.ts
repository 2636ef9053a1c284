import { describe, expect, it } from "vitest";
import {
  portOfNode,
  portOfPod,
  targetOf,
  type KnownNode,
  type Slice,
  type Target,
} from "../../automation/rehearsal/cluster/tunnel.ts";

const ROUTES = [{ namespace: "cvat", service: "cvat-nuclio-dashboard", port: 8070, to: 40001 }];

const slice = (namespace: string, service: string, address: string, port = 8070): Slice => ({
  metadata: { namespace, labels: { "kubernetes.io/service-name": service } },
  endpoints: [{ addresses: [address] }],
  ports: [{ port }],
});
const SLICES = [
  slice("cvat", "cvat-nuclio-dashboard", "10.0.0.5"),
  slice("other", "cvat-nuclio-dashboard", "10.0.0.6"),
  slice("cvat", "cvat-backend-service", "10.0.0.7"),
];
const NODES: KnownNode[] = [
  {
    status: {
      addresses: [{ address: "127.0.0.1" }],
      daemonEndpoints: { kubeletEndpoint: { Port: 10247 } },
    },
  },
];

describe("the way from the API server to pods and nodes", () => {
  it.each<[string, Target]>([
    ["10.0.0.5:8070", { host: "10.0.0.5", port: 8070 }],
    ["[fd00::5]:443", { host: "fd00::5", port: 443 }],
  ])("reads %s", (text, target) => {
    expect(targetOf(text)).toEqual(target);
  });

  it.each<[string, string, number | undefined]>([
    ["a pod of a Service with a stand-in", "10.0.0.5:8070", 40001],
    ["another port of it", "10.0.0.5:8082", undefined],
    ["a pod of the same Service elsewhere", "10.0.0.6:8070", undefined],
    ["a pod of a Service without stand-in", "10.0.0.7:8070", undefined],
    ["an address nobody has", "10.0.0.9:8070", undefined],
    ["this machine", "127.0.0.1:8070", undefined],
  ])("for %s", (_what, target, port) => {
    expect(portOfPod(targetOf(target), ROUTES, SLICES)).toBe(port);
  });

  it("leads to a node's kubelet and to nothing else of the node", () => {
    expect(portOfNode(targetOf("127.0.0.1:10247"), NODES)).toBe(10247);
    expect(portOfNode(targetOf("127.0.0.1:22"), NODES)).toBeUndefined();
  });
});
