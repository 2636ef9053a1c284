import { describe, expect, it } from "vitest";
import { cvatConfig } from "../../components/cvat/config.ts";
import { clickhouseInitJob } from "../../components/cvat/clickhouse-init.ts";
import { usersJob } from "../../components/cvat/users/job.ts";
import { baselineLabels } from "../../components/pod-security.ts";

interface Pod {
  securityContext?: { runAsNonRoot?: boolean };
  containers: { securityContext?: object }[];
}

/** What level `restricted` finds wrong. (kubernetes.io: Pod Security Standards, Restricted) */
function violations({ securityContext, containers }: Pod): string[] {
  return containers.flatMap((container) => {
    const { runAsNonRoot, allowPrivilegeEscalation, capabilities, seccompProfile } = (container.securityContext ??
      {}) as {
      runAsNonRoot?: boolean;
      allowPrivilegeEscalation?: boolean;
      capabilities?: { drop?: string[]; add?: string[] };
      seccompProfile?: { type?: string };
    };
    return [
      ...(allowPrivilegeEscalation === false ? [] : ["allowPrivilegeEscalation != false"]),
      ...(capabilities?.drop?.includes("ALL") && !capabilities.add ? [] : ["unrestricted capabilities"]),
      ...((runAsNonRoot ?? securityContext?.runAsNonRoot) ? [] : ["runAsNonRoot != true"]),
      ...(/^(RuntimeDefault|Localhost)$/.test(seccompProfile?.type ?? "") ? [] : ["seccompProfile"]),
    ];
  });
}

describe("our own Jobs meet Pod Security's level restricted", () => {
  it("the one that makes CVAT's users, with what the chart gives the initializer", () => {
    const initializer = { containers: [{ name: "c", image: "i", securityContext: { runAsNonRoot: true } }] };
    const { template } = usersJob({ initializer: initializer as never, digest: "d", patience: 1 });
    expect(violations(template.spec as Pod)).toEqual([]);
  });

  it("the one that makes ClickHouse's table", () => {
    expect(violations(clickhouseInitJob("cvat").spec.template.spec)).toEqual([]);
  });
});

describe("a namespace's label", () => {
  const BASELINE = { "pod-security.kubernetes.io/enforce": "baseline" };

  it("refuses pods that get at their node", () => {
    expect(baselineLabels({})).toEqual(BASELINE);
    expect(baselineLabels(cvatConfig.parse({}).values)).toEqual(BASELINE);
  });

  it.each([
    ["a folder of the node", { agentk8sglue: { basePodTemplate: { volumes: [{ hostPath: { path: "/data" } }] } } }],
    ["privileges", { webserver: { containerSecurityContext: { privileged: true } } }],
    ["the node's network", { hostNetwork: true }],
  ])("is not set where the stack's own values give pods %s", (_, values) => {
    expect(baselineLabels(values)).toEqual({});
  });
});
