import { expect, it } from "vitest";
import { addressesAsked, metalLbAnnotations } from "../../components/kubernetes/metallb.ts";

it("asks every release of MetalLB for the address", () => {
  expect(metalLbAnnotations("192.0.2.20")).toEqual({
    "metallb.io/loadBalancerIPs": "192.0.2.20",
    "metallb.universe.tf/loadBalancerIPs": "192.0.2.20",
  });
});

it.each<[string, object, string[]]>([
  ["nothing", {}, []],
  ["what we set", { metadata: { annotations: metalLbAnnotations("192.0.2.20") } }, ["192.0.2.20"]],
  [
    "the new annotation before the old",
    {
      metadata: {
        annotations: { "metallb.universe.tf/loadBalancerIPs": "192.0.2.1", "metallb.io/loadBalancerIPs": "192.0.2.2" },
      },
    },
    ["192.0.2.2"],
  ],
  [
    "one of each family",
    { metadata: { annotations: { "metallb.io/loadBalancerIPs": "192.0.2.2, 2001:db8::2" } } },
    ["192.0.2.2", "2001:db8::2"],
  ],
  ["the field of the spec", { spec: { loadBalancerIP: "192.0.2.3" } }, ["192.0.2.3"]],
])("a Service asks by %s", (_, service, addresses) => {
  expect(addressesAsked(service)).toEqual(addresses);
});
