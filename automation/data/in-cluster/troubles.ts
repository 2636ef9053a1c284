import type { V1Job, V1Pod } from "@kubernetes/client-node";
import { UserError } from "../../../components/program/errors.ts";

/** Why pods do not do their work. */
export interface Trouble {
  text: string;
  /** Milliseconds that it may last before it is taken for good. */
  mayLastMs: number;
}

const IMAGE = /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageInspectError)$/;
const SPEC = /^(CreateContainerConfigError|CreateContainerError|RunContainerError)$/;

/** What somebody can do about it, in sentences; nothing where there is nothing. */
export interface Cures {
  image: string;
  /** Where no node has room for a pod. */
  room: string;
  /** Where a pod took more memory than it may. */
  memory: string;
}

/** Of work on data. */
const OF_DATA: Cures = {
  image:
    "It is what vision-platform:images.node names: see whether the nodes reach its registry, and whether it has this digest.",
  room: "Fewer pods (--parallel) need less room.",
  memory: "More pods (--parallel) take less each.",
};

/** What holds up pods that have not begun; undefined where nothing is known to. */
export function troubleOf(pods: readonly V1Pod[], cures = OF_DATA): Trouble | undefined {
  for (const { metadata, status } of pods) {
    const waiting = status?.containerStatuses?.flatMap(({ state }) => state?.waiting ?? []) ?? [];
    const that = (pattern: RegExp) => waiting.find(({ reason = "" }) => pattern.test(reason));
    const [image, spec] = [that(IMAGE), that(SPEC)];
    const pod = `Pod ${metadata?.name ?? ""}`;
    if (image)
      return {
        text: withCure(`${pod} cannot pull its image (${image.reason ?? ""}): ${sentence(image.message)}`, cures.image),
        mayLastMs: 60_000,
      };
    if (spec)
      return { text: `${pod} does not start (${spec.reason ?? ""}): ${sentence(spec.message)}`, mayLastMs: 60_000 };
    const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
    if (status?.phase === "Pending" && scheduled?.status === "False")
      return {
        text: withCure(`${pod} has no node: ${sentence(scheduled.message ?? scheduled.reason)}`, cures.room),
        mayLastMs: 600_000,
      };
  }
  return undefined;
}

/** A trouble that lasts longer than it may is taken for good. */
export function heldUp() {
  let since: { mayLastMs: number; at: number } | undefined;
  return {
    by(trouble: Trouble | undefined, passedMs: number): string | undefined {
      if (trouble === undefined) {
        since = undefined;
        return undefined;
      }
      since ??= { mayLastMs: trouble.mayLastMs, at: passedMs };
      if (passedMs - since.at > trouble.mayLastMs) throw new UserError(trouble.text);
      return trouble.text;
    },
  };
}

/** Why a Job has failed, in a sentence with what its pods said; undefined while it has not. */
export function failureOf(job: V1Job, pods: readonly V1Pod[], cures = OF_DATA): string | undefined {
  const failed = job.status?.conditions?.find(({ type, status }) => type === "Failed" && status === "True");
  if (failed === undefined) return undefined;
  const told = pods.flatMap((pod) => endOf(pod, cures) ?? []);
  const [last = ""] = told.slice(-1);
  return `${job.metadata?.name ?? ""} has failed (${failed.reason ?? "no reason"}): ${last || sentence(failed.message ?? "")}`;
}

/** How a pod has ended that did not do its part. */
function endOf({ metadata, status }: V1Pod, cures: Cures): string | undefined {
  if (status?.phase !== "Failed") return undefined;
  const pod = `pod ${metadata?.name ?? ""}`;
  const all = status.containerStatuses?.flatMap(({ state }) => state?.terminated ?? []) ?? [];
  // Of several the one that failed.
  const ended = all.find(({ exitCode }) => exitCode !== 0) ?? all[0];
  if (ended?.reason === "OOMKilled") return withCure(`${pod} took more memory than it may.`, cures.memory);
  if (ended === undefined) return `${pod} was ended: ${sentence(status.message ?? status.reason ?? "")}`;
  const said = (ended.message ?? "").trim();
  return `${pod} says: ${said === "" ? `nothing (exit code ${ended.exitCode})` : said}`;
}

const withCure = (text: string, cure: string) => (cure === "" ? text : `${text} ${cure}`);

/** A message of the cluster's, which may have no full stop. */
function sentence(text = ""): string {
  const bare = text.trim();
  return bare === "" ? "no reason is told." : /[.!?]$/.test(bare) ? bare : `${bare}.`;
}
