import { V1ObjectMeta } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { parseLab } from "../../components/lab/parse.ts";
import { cvatConfig } from "../../components/cvat/cvat-section.ts";
import { clickhouseInitJob } from "../../components/cvat/clickhouse-init.ts";
import { usersJob } from "../../components/cvat/users/job.ts";
import { baselineLabels } from "../../components/kubernetes/pod-security.ts";
import { namespacesTakeOurLabels } from "../../components/preflight/namespace-labels.ts";
import { knownCluster } from "../../components/preflight/state.ts";

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
    const { template } = usersJob({ initializer: initializer as never, digest: "d", stamp: "s", patience: 1 });
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

describe("a namespace that is there already", () => {
  const ENFORCE = "pod-security.kubernetes.io/enforce";
  const { lab } = parseLab({ traefik: { address: "192.0.2.20" } });
  /** What is said where CVAT's has this level and the state knows it with that one. */
  const told = (level: string | undefined, known?: string, config = lab ?? expect.fail("no lab")) => {
    const labelled = (value: string | undefined) => ({
      name: "cvat",
      labels: value === undefined ? {} : { [ENFORCE]: value },
    });
    const outputs = { apiVersion: "v1", kind: "Namespace", metadata: labelled(known) };
    const urn =
      "urn:pulumi:lab::vision-platform::vision-platform:cvat:Cvat$kubernetes:core/v1:Namespace::cvat-namespace";
    const state = known === undefined ? [] : [{ urn, type: "kubernetes:core/v1:Namespace", outputs }];
    const namespaces = [{ metadata: Object.assign(new V1ObjectMeta(), labelled(level)) }];
    return namespacesTakeOurLabels({ namespaces }, config, knownCluster(state)).map(({ severity, path }) => [
      severity,
      path,
    ]);
  };
  const KEY = "vision-platform:cvat.namespace";

  it("with somebody's other level is refused with the key, before up meets the conflict", () => {
    expect(told("privileged")).toEqual([["refusal", KEY]]);
    expect(told("restricted")).toEqual([["refusal", KEY]]);
    // An older version of this program gave it none.
    expect(told("privileged", "")).toEqual([["refusal", KEY]]);
  });

  it("without one, or with ours, is taken", () => {
    expect(told(undefined)).toEqual([]);
    expect(told("baseline")).toEqual([]);
  });

  it("whose level was changed after an up is no conflict, and warned of where pods do not meet it", () => {
    expect(told("privileged", "baseline")).toEqual([]);
    expect(told("restricted", "baseline")).toEqual([["warning", KEY]]);
  });

  it("that gets no label of ours is only warned of", () => {
    const adopting = parseLab({
      traefik: { address: "192.0.2.20" },
      cvat: { nuclio: { adoptedFunctions: { old: {} } } },
    }).lab;
    expect(told("baseline", undefined, adopting)).toEqual([]);
    expect(told("restricted", undefined, adopting)).toEqual([["warning", KEY]]);
  });
});
