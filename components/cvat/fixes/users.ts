import type { Fix } from "../../charts/fixes.ts";
import type { RenderedObject } from "../../kubernetes/rendered-object.ts";
import { containersOf, podTemplate, type Container, type PodSpec } from "../../charts/pods.ts";
import { isOlder, isTier } from "./objects.ts";

/** Images whose user is a name: the kubelet cannot tell that it is not root, and refuses the container. */
interface NamedUser {
  id: string;
  tier: string;
  what: string;
  uid: number;
  /** Release since which the image names its user by number. */
  numericSince: string;
  source: string;
}

const NAMED_USERS: readonly NamedUser[] = [
  {
    id: "backend-numeric-user",
    tier: "backend",
    what: "cvat/server older than 2.44 runs as `django`",
    uid: 1000,
    numericSince: "2.44.0",
    source: "cvat-ai/cvat#9743 (f1068ccaf): USER 1000:1000 since v2.44.0; the chart demands runAsNonRoot since 0.15.1",
  },
  {
    id: "kvrocks-numeric-user",
    tier: "kvrocks",
    what: "apache/kvrocks older than 2.14 runs as `kvrocks`",
    uid: 999,
    numericSince: "2.14.0",
    source: "apache/kvrocks#3135, named in CVAT's helm-chart/templates/cvat_kvrocks/statefulset.yml",
  },
];

/** @param server release of CVAT, for images whose tag names none. */
export function userFixes(server: string): Fix[] {
  const numeric = NAMED_USERS.map(({ id, tier, what, uid, numericSince, source }): Fix => {
    const otherwise = tier === "backend" ? server : numericSince;
    const needy = (object: RenderedObject) =>
      containersOf(object).filter(
        (one) => demandsNumber(podTemplate(object)?.spec, one) && isOlder(one, numericSince, otherwise),
      );
    return {
      id,
      why: `${what}, a name, and the kubelet refuses a container that must not be root and has no number.`,
      source,
      matches: (object) => isTier(object, tier) && podTemplate(object) !== undefined,
      stillNeeded: (object) => needy(object).length > 0,
      apply: (object) => {
        for (const one of needy(object)) one.securityContext = { ...one.securityContext, runAsUser: uid };
      },
    };
  });
  return [...numeric, frontendAsRoot(server)];
}

function demandsNumber(pod: PodSpec | undefined, { securityContext }: Container): boolean {
  const nonRoot = securityContext?.runAsNonRoot ?? pod?.securityContext?.runAsNonRoot ?? false;
  return nonRoot && (securityContext?.runAsUser ?? pod?.securityContext?.runAsUser) === undefined;
}

function frontendAsRoot(server: string): Fix {
  const refused = (object: RenderedObject) =>
    containersOf(object).filter((one) => one.securityContext?.runAsNonRoot === true && isOlder(one, "2.44.0", server));
  return {
    id: "frontend-runs-as-root",
    why: "cvat/ui older than 2.44 runs nginx as root, and the kubelet refuses it where the chart demands another user.",
    source: "cvat-ai/cvat#9746 (cecc5fcf71): unprivileged nginx since v2.44.0",
    matches: (object) => isTier(object, "frontend") && object.kind === "Deployment",
    stillNeeded: (object) => refused(object).length > 0,
    apply: (object) => {
      for (const { securityContext } of refused(object)) delete securityContext?.runAsNonRoot;
    },
  };
}
