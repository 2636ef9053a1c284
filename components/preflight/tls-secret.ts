import type { LabConfig } from "../lab/sections.ts";
import type { ClusterCheck } from "./check.ts";

const PATH = "vision-platform:cvat.ingress.tls";
/** What Traefik reads of it. (traefik: pkg/provider/kubernetes/ingress/kubernetes.go, getCertificateBlocks) */
const KEYS = ["tls.crt", "tls.key"];

/** The Secret that CVAT's certificate is to come from; undefined where CVAT is served without. */
export function tlsSecretOf({ cvat, sso }: LabConfig): { namespace: string; name: string } | undefined {
  // A Gateway has it, in its own namespace.
  const isGateways = sso !== undefined && cvat.ingress.edge === "gateway";
  const name = cvat.enabled && !isGateways ? cvat.ingress.tls?.secretName : undefined;
  return name === undefined ? undefined : { namespace: cvat.namespace, name };
}

/** Without its Secret Traefik serves a certificate of its own making, which no browser takes, and says so in its log only. */
export const tlsSecretIsThere: ClusterCheck = ({ tlsSecrets }, { lab }) => {
  const wanted = tlsSecretOf(lab);
  if (wanted === undefined || tlsSecrets === undefined) return [];
  const { namespace, name } = wanted;
  const secret = tlsSecrets.find(({ metadata }) => metadata?.name === name);
  const lacking = KEYS.filter((key) => secret?.data?.[key] === undefined);
  if (lacking.length === 0) return [];
  const what = secret
    ? `Secret ${namespace}/${name} has no ${lacking.join(" and no ")}`
    : `There is no Secret ${namespace}/${name}`;
  if (isMadeInCluster(lab)) {
    const message = `${what} yet. Until it is made, Traefik serves a certificate that no browser takes.`;
    return [{ severity: "warning", path: `${PATH}.secretName`, message }];
  }
  const make = `kubectl create namespace ${namespace}; kubectl create secret tls ${name} -n ${namespace} --cert=FILE --key=FILE`;
  return [
    {
      severity: "refusal",
      path: `${PATH}.secretName`,
      message: `${what}. Make it: ${make}. If another program in the cluster makes it (cert-manager), set ${PATH}.madeInCluster: true.`,
    },
  ];
};

/** cert-manager makes one for an Ingress that names an issuer, which the chart's values may do. (cert-manager: usage, Annotated Ingress resource) */
const ISSUER = /"cert-manager\.io\/(cluster-)?issuer"/;

const isMadeInCluster = ({ cvat }: LabConfig) =>
  cvat.ingress.tls?.madeInCluster === true || ISSUER.test(JSON.stringify(cvat.values));
