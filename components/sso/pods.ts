import { RESTRICTED_CONTAINER } from "../kubernetes/pod-security.ts";

/** Annotations by which pods start anew with what they read. None of them tells anything of a secret. */
export const STAMPS = { configuration: "vision-platform/configuration", secrets: "vision-platform/secrets" } as const;

/** What changes when a pod has to start anew. */
export interface PodStamps {
  /** Digest of its configuration. */
  configuration: string;
  /** Changes with its secrets, and tells nothing of them. */
  secrets: string;
}

/** Metadata of a pod that starts anew when one of the two is another. */
export function stampedPod(labels: Readonly<Record<string, string>>, { configuration, secrets }: PodStamps) {
  return { labels, annotations: { [STAMPS.configuration]: configuration, [STAMPS.secrets]: secrets } };
}

/**
 * What level `restricted` asks of a pod, and more: no token of the API server, no addresses of other Services in its environment.
 * @param user numeric user and group of the image
 */
export function restrictedPod(user: number) {
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // Its files of a Secret are read by this group alone.
    securityContext: { runAsNonRoot: true, runAsUser: user, runAsGroup: user, fsGroup: user },
  };
}

/** The same of a container, which writes nowhere. */
export const READ_ONLY_CONTAINER = { ...RESTRICTED_CONTAINER, readOnlyRootFilesystem: true };

/** Mode of files of a Secret: for its group alone. */
export const SECRET_MODE = 0o440;
