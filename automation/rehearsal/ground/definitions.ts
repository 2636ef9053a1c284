import type { Plan } from "../../../components/lab/plan.ts";
import type { LabConfig } from "../../../components/lab/sections.ts";
import { gatewayOf } from "../../../components/preflight/gateway.ts";
import type { Likeness } from "./likeness.ts";
import type { LabObject } from "./object.ts";

/** The kinds of other programs that the lab makes objects of, or reads; where the lab's own cluster is known, those that it knows. */
export function definitions(plan: Plan, likeness: Likeness | undefined): LabObject[] {
  const isKnown = ({ spec }: LabObject) => likeness?.groups.includes((spec as { group: string }).group) ?? true;
  return [
    // By these the rehearsal itself gives addresses.
    definition("metallb.io", "v1beta1", "IPAddressPool", "ipaddresspools", { saysStatus: true }),
    definition("metallb.io", "v1beta1", "L2Advertisement", "l2advertisements"),
    definition("metallb.io", "v1beta1", "ConfigurationState", "configurationstates", { field: "status" }),
    ...others(plan.lab).filter(isKnown),
    ...(gatewayOf(plan) ? gatewayKinds().filter(isKnown) : []),
  ];
}

function others(lab: LabConfig): LabObject[] {
  return [
    definition("traefik.io", "v1alpha1", "Middleware", "middlewares"),
    definition("traefik.io", "v1alpha1", "ServersTransport", "serverstransports"),
    definition("traefik.io", "v1alpha1", "IngressRoute", "ingressroutes"),
    ...(namesCertManager(lab)
      ? [
          definition("cert-manager.io", "v1", "Certificate", "certificates"),
          definition("cert-manager.io", "v1", "Issuer", "issuers"),
          definition("cert-manager.io", "v1", "ClusterIssuer", "clusterissuers", { scope: "Cluster" }),
        ]
      : []),
  ];
}

function gatewayKinds(): LabObject[] {
  const group = "gateway.networking.k8s.io";
  return [
    definition(group, "v1", "GatewayClass", "gatewayclasses", { scope: "Cluster" }),
    definition(group, "v1", "Gateway", "gateways"),
    definition(group, "v1", "HTTPRoute", "httproutes"),
  ];
}

/** Whether the stack leaves its certificate to cert-manager, by its own key or by what it gives a chart. */
export const namesCertManager = ({ cvat, clearml }: LabConfig) =>
  (cvat.enabled &&
    (cvat.ingress.tls?.madeInCluster === true || JSON.stringify(cvat.values).includes("cert-manager.io"))) ||
  (clearml.enabled && JSON.stringify(clearml.values).includes("cert-manager.io"));

interface DefinitionOptions {
  /** The one field it must have. Default: `spec`. */
  field?: string;
  scope?: "Namespaced" | "Cluster";
  /** Whether its status is set apart, by its own controller alone. Default: no. */
  saysStatus?: true;
}

/** A definition that takes anything under one field, which must be there. */
function definition(
  group: string,
  version: string,
  kind: string,
  plural: string,
  { field = "spec", scope = "Namespaced", saysStatus }: DefinitionOptions = {},
): LabObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          ...(saysStatus && { subresources: { status: {} } }),
          schema: {
            openAPIV3Schema: {
              type: "object",
              required: [field],
              properties: {
                // The client library spells x-kubernetes-preserve-unknown-fields so, and drops what it does not know.
                [field]: { type: "object", x_kubernetes_preserve_unknown_fields: true },
                status: { type: "object", x_kubernetes_preserve_unknown_fields: true },
              },
            },
          },
        },
      ],
    },
  };
}
