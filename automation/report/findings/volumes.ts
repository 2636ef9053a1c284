import { amountOf } from "../../../components/schema/quantity.ts";
import { valueAt } from "../../engine/changes.ts";
import type { Step } from "../../engine/steps.ts";
import { becomes, ofEach, type FindingRow } from "./finding.ts";

function isClaim({ type }: Step): boolean {
  return /^kubernetes:core\/v1:PersistentVolumeClaim(Patch)?$/.test(type);
}
/** A patch that goes leaves the claim, which is another one's. */
function isLeft(step: Step): boolean {
  const goes = becomes(step, "delete", "replace");
  return becomes(step, "keep") || (goes && (step.isRetained || step.kind.endsWith("Patch")));
}
function isBucket({ type }: Step): boolean {
  return type === "minio:index/s3Bucket:S3Bucket";
}

/** What becomes of data. */
export const VOLUME_ROWS: readonly FindingRow[] = [
  ...leavingRows("claim", isClaim, {
    deleted: ", and what is in its volume too, unless the volume's reclaim policy keeps it",
    stays: "in the cluster with its data",
  }),
  {
    id: "claim-grows",
    severity: "careful",
    title: "a volume grows",
    find: ofEach((step) => {
      const [before, after] = [sizeOf(step.before), sizeOf(step.after)];
      if (!isClaim(step) || before === undefined || after === undefined) return undefined;
      if ((amountOf(after) ?? 0) <= (amountOf(before) ?? 0)) return undefined;
      return `grows from ${before} to ${after}: a volume cannot shrink again`;
    }),
  },
  ...leavingRows("bucket", isBucket, {
    deleted: "; the store refuses that while anything is in it",
    stays: "in the store with its objects",
  }),
];

/** What is told of data that leaves the stack file: whether it goes, or is only let go of. */
function leavingRows(
  what: string,
  isSuch: (step: Step) => boolean,
  { deleted, stays }: { deleted: string; stays: string },
): FindingRow[] {
  return [
    {
      id: `${what}-deleted`,
      severity: "careful",
      title: `a ${what} is deleted`,
      find: ofEach((step) =>
        isSuch(step) && becomes(step, "delete", "replace") && !isLeft(step) ? `is deleted${deleted}` : undefined,
      ),
    },
    {
      id: `${what}-let-go`,
      severity: "careful",
      title: `a ${what} is let go of`,
      find: ofEach((step) =>
        isSuch(step) && isLeft(step)
          ? `is let go of: it stays ${stays}, and up does not look after it any more`
          : undefined,
      ),
    },
  ];
}

function sizeOf(given: Step["before"]): string | undefined {
  const size = valueAt(given, "spec.resources.requests.storage");
  return typeof size === "string" ? size : undefined;
}
