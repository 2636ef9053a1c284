import { expect, it } from "vitest";
import { parseUrn } from "../../automation/engine/urn.ts";

const PLATFORM = "vision-platform:index:VisionPlatform";
const CHART = "vision-platform:charts:ChartInstall$kubernetes:helm.sh/v4:Chart";

it.each([
  [
    `urn:pulumi:homelab::vision-platform::${PLATFORM}$vision-platform:cvat:Cvat$${CHART}$kubernetes:apps/v1:Deployment::cvat:cvat/cvat-backend-server`,
    {
      type: "kubernetes:apps/v1:Deployment",
      kind: "Deployment",
      name: "cvat:cvat/cvat-backend-server",
      short: "cvat-backend-server",
      system: "CVAT",
    },
  ],
  [
    `urn:pulumi:homelab::vision-platform::${PLATFORM}$vision-platform:clearml:ClearMl$kubernetes:core/v1:Namespace::clearml-namespace`,
    {
      type: "kubernetes:core/v1:Namespace",
      kind: "Namespace",
      name: "clearml-namespace",
      short: "clearml-namespace",
      system: "ClearML",
    },
  ],
  [
    `urn:pulumi:homelab::vision-platform::${PLATFORM}$kubernetes:core/v1:ServicePatch::lab-traefik`,
    { kind: "ServicePatch", short: "lab-traefik", system: "lab" },
  ],
  [
    "urn:pulumi:homelab::vision-platform::pulumi:pulumi:Stack::vision-platform-homelab",
    { type: "pulumi:pulumi:Stack", kind: "Stack", short: "vision-platform-homelab", system: "lab" },
  ],
  ["urn:pulumi:s::p::pulumi:providers:kubernetes::a::b", { kind: "kubernetes", name: "a::b", short: "a::b" }],
  ["", { type: "", kind: "", name: "", short: "", system: "lab" }],
])("%s", (urn, expected) => expect(parseUrn(urn)).toMatchObject(expected));
