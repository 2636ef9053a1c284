import { COPY_LABEL, copiedCertificate, type Copied } from "../cvat/certificate/copied.ts";
import type { LabConfig } from "../lab/sections.ts";
import type { ClusterCheck, Finding } from "./check.ts";
import type { LiveSecret } from "./facts.ts";

const PATH = "vision-platform:cvat.ingress.tls";
/** What Traefik reads of it. (traefik: pkg/provider/kubernetes/ingress/kubernetes.go, getCertificateBlocks) */
const KEYS = ["tls.crt", "tls.key"];

interface Named {
  namespace: string;
  name: string;
}

/** CVAT's certificate: the Secret that the edge reads, and what that is copied from. */
interface Certificate {
  served: Named;
  copied: Copied | undefined;
}

function certificateOf({ cvat, sso }: LabConfig): Certificate | undefined {
  // A Gateway has it, in its own namespace.
  const isGateways = sso !== undefined && cvat.ingress.edge === "gateway";
  const name = cvat.enabled && !isGateways ? cvat.ingress.tls?.secretName : undefined;
  return name === undefined
    ? undefined
    : { served: { namespace: cvat.namespace, name }, copied: copiedCertificate(cvat) };
}

/** The Secret that somebody makes for CVAT's certificate: the edge's own, or the source of a copy. Undefined where CVAT is served without. */
export function tlsSecretOf(lab: LabConfig): Named | undefined {
  const certificate = certificateOf(lab);
  return certificate?.copied?.source ?? certificate?.served;
}

/** Every Secret that is looked at for CVAT's certificate. */
export function tlsSecretsOf(lab: LabConfig): Named[] {
  const certificate = certificateOf(lab);
  if (certificate === undefined) return [];
  const { served, copied } = certificate;
  return copied === undefined ? [served] : [copied.source, served];
}

/** Without its Secret Traefik serves a certificate of its own making, which no browser takes, and says so in its log only. */
export const tlsSecretIsThere: ClusterCheck = ({ tlsSecrets }, { lab }) => {
  const certificate = certificateOf(lab);
  if (certificate === undefined || tlsSecrets === undefined) return [];
  const find = ({ namespace, name }: Named) =>
    tlsSecrets.find(({ metadata }) => metadata?.name === name && metadata.namespace === namespace);
  const { served, copied } = certificate;
  return copied === undefined
    ? servedFindings(lab, served, find(served))
    : [...sourceFindings(copied, find(copied.source)), ...copyFindings(copied, find(copied.copy))];
};

function servedFindings(lab: LabConfig, served: Named, secret: LiveSecret | undefined): Finding[] {
  const { namespace, name } = served;
  const path = `${PATH}.secretName`;
  const from = copiedFrom(secret);
  if (from !== undefined) {
    const message = `Secret ${namespace}/${name} is the copy that \`copyOf\` made of a certificate in namespace ${from}, and goes with it. Name another, or put \`copyOf\` back.`;
    return [{ severity: "refusal", path, message }];
  }
  const what = lackOf(served, secret);
  if (what === undefined) return [];
  if (isMadeInCluster(lab)) {
    const message = `${what} yet. Until it is made, Traefik serves a certificate that no browser takes.`;
    return [{ severity: "warning", path, message }];
  }
  const make = `kubectl create namespace ${namespace}; kubectl create secret tls ${name} -n ${namespace} --cert=FILE --key=FILE`;
  return [
    {
      severity: "refusal",
      path,
      message: `${what}. Make it: ${make}. If another program in the cluster makes it (cert-manager), set ${PATH}.madeInCluster: true.`,
    },
  ];
}

function sourceFindings({ source }: Copied, secret: LiveSecret | undefined): Finding[] {
  const what = lackOf(source, secret);
  if (what === undefined) return [];
  const { namespace, name } = source;
  const message = `${what}, and CVAT's certificate is a copy of it. See what there is: kubectl get secrets -A --field-selector type=kubernetes.io/tls. Or make it: kubectl create secret tls ${name} -n ${namespace} --cert=FILE --key=FILE`;
  return [{ severity: "refusal", path: `${PATH}.copyOf`, message }];
}

/** Somebody's own Secret of the copy's name would be written over, and would go with the copy. */
function copyFindings({ copy }: Copied, secret: LiveSecret | undefined): Finding[] {
  if (secret === undefined || copiedFrom(secret) !== undefined) return [];
  const { namespace, name } = copy;
  const message = `Secret ${namespace}/${name} is there already and is no copy of this stack's. Name another, or remove it: kubectl delete secret ${name} -n ${namespace}`;
  return [{ severity: "refusal", path: `${PATH}.secretName`, message }];
}

function lackOf({ namespace, name }: Named, secret: LiveSecret | undefined): string | undefined {
  const lacking = KEYS.filter((key) => !secret?.data?.[key]);
  if (lacking.length === 0) return undefined;
  return secret
    ? `Secret ${namespace}/${name} has no ${lacking.join(" and no ")}`
    : `There is no Secret ${namespace}/${name}`;
}

const copiedFrom = (secret: LiveSecret | undefined): string | undefined => secret?.metadata?.labels?.[COPY_LABEL];

/** cert-manager makes one for an Ingress that names an issuer, which the chart's values may do. (cert-manager: usage, Annotated Ingress resource) */
const ISSUER = /"cert-manager\.io\/(cluster-)?issuer"/;

const isMadeInCluster = ({ cvat }: LabConfig) =>
  cvat.ingress.tls?.madeInCluster === true || ISSUER.test(JSON.stringify(cvat.values));
