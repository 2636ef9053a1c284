import { isInPath } from "../edge/edge-config.ts";
import { isMap } from "../program/maps.ts";
import type { CvatConfig } from "../cvat/cvat-config.ts";
import type { AcrossSections } from "./rules.ts";
import type { SsoConfig } from "./sso-config.ts";

type CvatParts = Partial<Pick<CvatConfig, "ingress" | "values">>;

const INGRESS = "vision-platform:cvat.ingress";

/** What an edge cannot do is refused: nothing of it would be left out in silence. */
export function edgeFitsSignIn(sso: Partial<SsoConfig> | undefined, { ingress, values }: CvatParts): AcrossSections[] {
  if (ingress === undefined) return [];
  const { edge, responseTimeout, bodySize, tls } = ingress;
  const inPath = isInPath(ingress);
  if (sso === undefined)
    return edge === "traefik"
      ? []
      : [
          {
            path: `${INGRESS}.edge`,
            message: `Is ${edge}, which counts where people sign in alone: set vision-platform:sso, or take it out. Without sign-in the chart's Ingress stands before CVAT (cvat.ingress.className).`,
          },
        ];
  return [
    ...(edge === "ingress-nginx" && sso.tokenHost === ""
      ? [
          {
            path: "vision-platform:sso.tokenHost",
            message:
              "Is missing: ingress-nginx does not tell a program with a token from a browser on one host, so programs, `up` among them, need a second one.",
          },
        ]
      : []),
    ...(inPath && sso.tokenHost === ""
      ? [
          {
            path: "vision-platform:sso.tokenHost",
            message:
              "Is missing: not every Gateway tells a program with a token from a browser on one host (HTTPRoute: regular expressions for headers are each implementation's own), so programs, `up` among them, need a second one.",
          },
        ]
      : []),
    ...(inPath && bodySize !== undefined
      ? [
          {
            path: `${INGRESS}.bodySize`,
            message:
              "A Gateway's routes know no such limit: take it out, and set it by what your Gateway's implementation has for that.",
          },
        ]
      : []),
    ...(edge === "gateway" && !inPath && responseTimeout !== undefined
      ? [
          {
            path: `${INGRESS}.responseTimeout`,
            message:
              "Traefik's Gateway provider has no such limit (HTTPRoute timeouts, not of its features up to 3.7): take it out, or use edge: traefik.",
          },
        ]
      : []),
    ...(edge === "gateway" && tls?.copyOf !== undefined
      ? [
          {
            path: `${INGRESS}.tls.copyOf`,
            message:
              "Is read by nobody: a Gateway has its certificate itself, from any namespace that lets it (`certificateRefs` of its listener, and a ReferenceGrant beside the Secret). Take it out.",
          },
        ]
      : []),
    ...(asksForIngress(values)
      ? [
          {
            path: "vision-platform:cvat.values",
            message:
              "Has ingress.enabled, an Ingress of the chart's that lets everybody past the sign-in: take it out.",
          },
        ]
      : []),
  ];
}

function asksForIngress(values: CvatParts["values"]): boolean {
  const ingress = values?.["ingress"];
  return isMap(ingress) && ingress["enabled"] !== undefined && ingress["enabled"] !== false;
}
