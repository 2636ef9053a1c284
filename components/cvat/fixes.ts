import type { Fix } from "../charts/fixes.ts";
import type { CvatConfig } from "./cvat-config.ts";
import type { ServerSettings } from "./registration/settings.ts";
import { analyticsFixes } from "./fixes/analytics.ts";
import { storeAuthority } from "./fixes/authority.ts";
import { externalFixes } from "./fixes/external.ts";
import { ingressFixes } from "./fixes/ingress.ts";
import { initialisedOnce, type InitialisationInput } from "./fixes/initialisation.ts";
import { kvrocksBounded } from "./fixes/kvrocks.ts";
import { portFixes } from "./fixes/ports.ts";
import { registrationClosed } from "./fixes/registration.ts";
import { userFixes } from "./fixes/users.ts";
import { initContainerVolumes } from "./fixes/volumes.ts";
import type { Annotations } from "./ingress.ts";

export interface CvatFixesInput {
  /** Release of cvat/server and cvat/ui: for objects that show no image, and images whose tag names no release. */
  cvat: string;
  /** Version of the chart. */
  chart: string;
  /** What each Ingress carries, by its name. */
  ingressAnnotations: Record<string, Annotations>;
  /** What the server starts with in the place of its image's settings. Default: with those, by which anybody may make an account. */
  settings?: ServerSettings | undefined;
  /** Bounds of the chunk cache. Default: it has none, or is somebody else's. */
  kvrocks?: CvatConfig["kvrocks"] | undefined;
  /** Services, of which somebody else may run some. Default: all are the chart's. */
  services?: Pick<CvatConfig, "redis" | "kvrocks" | "analytics">;
  /** How CVAT is initialised. Default: as the chart does it. */
  initialisation?: InitialisationInput | undefined;
  /** ConfigMap with the certificates of the object store's private authority. Default: it has none. */
  authority?: string | undefined;
}

/**
 * What charts 0.15.0 to 2.64.0 need changed at render. Each row goes by the objects and the releases of their images, so a fitting pair
 * of chart and images needs next to none and the runbook's pair (images 2.39.0 on chart 0.17.1) all of them.
 */
export function cvatFixes({
  cvat,
  chart,
  ingressAnnotations,
  settings,
  kvrocks,
  services,
  initialisation,
  authority,
}: CvatFixesInput): Fix[] {
  return [
    ...userFixes(cvat),
    ...portFixes(cvat),
    ...analyticsFixes(chart),
    ...ingressFixes(ingressAnnotations),
    initContainerVolumes,
    ...(kvrocks === undefined ? [] : [kvrocksBounded(kvrocks)]),
    ...(services === undefined ? [] : externalFixes(services)),
    ...(initialisation === undefined ? [] : [initialisedOnce(initialisation)]),
    ...(settings === undefined ? [] : [registrationClosed(settings)]),
    ...(authority === undefined ? [] : [storeAuthority(authority)]),
  ];
}
