import type { ClusterFacts } from "../../components/preflight/facts.ts";

/** What a user sees who may read nothing. */
export const NOTHING: ClusterFacts = {
  uid: undefined,
  kubernetes: undefined,
  namespaces: undefined,
  nodes: undefined,
  services: undefined,
  claims: undefined,
  ingressClasses: undefined,
  storageClasses: undefined,
  addressPools: undefined,
  configurationStates: undefined,
  serviceLb: undefined,
  tlsSecrets: undefined,
  gateways: undefined,
  gatewayClasses: undefined,
  serviceSecrets: undefined,
  pods: undefined,
  unknownKinds: [],
};
