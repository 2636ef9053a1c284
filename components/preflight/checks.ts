import { addressesCanBeGiven } from "./addresses/given.ts";
import { metalLbTookItsConfiguration } from "./addresses/pools-taken.ts";
import { serviceLbIsAlone } from "./addresses/service-lb.ts";
import { nodesRunTheImages } from "./architecture.ts";
import type { ClusterCheck } from "./check.ts";
import { devicesSuffice } from "./devices/suffice.ts";
import { gatewayFits } from "./gateway.ts";
import { ingressClassIsServed } from "./ingress-class.ts";
import { serviceSecretsAreThere } from "./service-secrets.ts";
import { claimsAreLeftBehind } from "./left-behind.ts";
import { nodesAreThere } from "./nodes.ts";
import { notebooksAreThere } from "./notebooks.ts";
import { storageClassesAreThere, storageClassesFit } from "./storage-class.ts";
import { tlsSecretIsThere } from "./tls-secret.ts";

/** Everything that is looked at in the cluster before a run changes it. */
export const CLUSTER_CHECKS: readonly ClusterCheck[] = [
  nodesAreThere,
  nodesRunTheImages,
  addressesCanBeGiven,
  metalLbTookItsConfiguration,
  serviceLbIsAlone,
  ingressClassIsServed,
  gatewayFits,
  storageClassesAreThere,
  storageClassesFit,
  tlsSecretIsThere,
  serviceSecretsAreThere,
  notebooksAreThere,
  claimsAreLeftBehind,
  devicesSuffice,
];
