import { expect, it } from "vitest";
import { metalLbAnnotations } from "../../components/metallb.ts";

it("asks every release of MetalLB for the address", () => {
  expect(metalLbAnnotations("192.0.2.20")).toEqual({
    "metallb.io/loadBalancerIPs": "192.0.2.20",
    "metallb.universe.tf/loadBalancerIPs": "192.0.2.20",
  });
});
