import type { V1ContainerStatus, V1Job, V1Pod } from "@kubernetes/client-node";

/** Why pods do not do their work. */
export interface Trouble {
  text: string;
  /** Milliseconds that it may last before it is taken for good. */
  mayLastMs: number;
}

const IMAGE = /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageInspectError)$/;
const SPEC = /^(CreateContainerConfigError|CreateContainerError|RunContainerError)$/;

const ABOUT_IMAGE =
  "It is what vision-platform:images.node names: see whether the nodes reach its registry, and whether it has this digest.";

/** What holds up pods that have not begun; undefined where nothing is known to. */
export function troubleOf(pods: readonly V1Pod[]): Trouble | undefined {
  for (const { metadata, status } of pods) {
    const waiting = status?.containerStatuses?.[0]?.state?.waiting;
    const reason = waiting?.reason ?? "";
    const message = waiting?.message ?? "";
    const pod = `Pod ${metadata?.name ?? ""}`;
    if (IMAGE.test(reason))
      return {
        text: `${pod} cannot pull its image (${reason}): ${sentence(message)} ${ABOUT_IMAGE}`,
        mayLastMs: 60_000,
      };
    if (SPEC.test(reason))
      return { text: `${pod} does not start (${reason}): ${sentence(message)}`, mayLastMs: 60_000 };
    const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
    if (status?.phase === "Pending" && scheduled?.status === "False")
      return {
        text: `${pod} has no node: ${sentence(scheduled.message ?? scheduled.reason ?? "")} Fewer pods (--parallel) need less room.`,
        mayLastMs: 600_000,
      };
  }
  return undefined;
}

/** Why a Job has failed, in a sentence with what its pods said; undefined while it has not. */
export function failureOf(job: V1Job, pods: readonly V1Pod[]): string | undefined {
  const failed = job.status?.conditions?.find(({ type, status }) => type === "Failed" && status === "True");
  if (failed === undefined) return undefined;
  const told = pods.flatMap((pod) => endOf(pod) ?? []);
  const [last = ""] = told.slice(-1);
  return `${job.metadata?.name ?? ""} has failed (${failed.reason ?? "no reason"}): ${last || sentence(failed.message ?? "")}`;
}

/** How a pod has ended that did not do its part. */
export function endOf({ metadata, status }: V1Pod): string | undefined {
  if (status?.phase !== "Failed") return undefined;
  const pod = `pod ${metadata?.name ?? ""}`;
  const ended = status.containerStatuses?.map(terminatedOf).find((state) => state !== undefined);
  if (ended?.reason === "OOMKilled")
    return `${pod} took more memory than it may. More pods (--parallel) take less each.`;
  if (ended === undefined) return `${pod} was ended: ${sentence(status.message ?? status.reason ?? "")}`;
  const said = (ended.message ?? "").trim();
  return `${pod} says: ${said === "" ? `nothing (exit code ${ended.exitCode})` : said}`;
}

const terminatedOf = ({ state }: V1ContainerStatus) => state?.terminated;

/** A message of the cluster's, which may have no full stop. */
function sentence(text: string): string {
  const bare = text.trim();
  return bare === "" ? "no reason is told." : /[.!?]$/.test(bare) ? bare : `${bare}.`;
}
