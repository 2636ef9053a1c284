import { amountOf } from "../../../components/schema/quantity.ts";
import { valueAt } from "../../engine/changes.ts";
import type { Step } from "../../engine/steps.ts";
import { becomes, ofEach, type FindingRow } from "./finding.ts";

const isClaim = ({ type }: Step) => /^kubernetes:core\/v1:PersistentVolumeClaim(Patch)?$/.test(type);
/** A patch that goes leaves the claim, which is another one's. */
const isLeft = (step: Step) =>
  becomes(step, "keep") || (becomes(step, "delete", "replace") && (step.isRetained || step.kind.endsWith("Patch")));
const isBucket = ({ type }: Step) => type === "minio:index/s3Bucket:S3Bucket";

/** What becomes of data. */
export const VOLUME_ROWS: readonly FindingRow[] = [
  {
    id: "claim-deleted",
    severity: "careful",
    title: "a claim is deleted",
    find: ofEach((step) =>
      isClaim(step) && becomes(step, "delete", "replace") && !isLeft(step)
        ? "is deleted, and what is in its volume too, unless the volume's reclaim policy keeps it"
        : undefined,
    ),
  },
  {
    id: "claim-let-go",
    severity: "careful",
    title: "a claim is let go of",
    find: ofEach((step) =>
      isClaim(step) && isLeft(step)
        ? "is let go of: it stays in the cluster with its data, and up does not look after it any more"
        : undefined,
    ),
  },
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
  {
    id: "bucket-deleted",
    severity: "careful",
    title: "a bucket is deleted",
    find: ofEach((step) =>
      isBucket(step) && becomes(step, "delete", "replace") && !isLeft(step)
        ? "is deleted; the store refuses that while anything is in it"
        : undefined,
    ),
  },
  {
    id: "bucket-let-go",
    severity: "careful",
    title: "a bucket is let go of",
    find: ofEach((step) =>
      isBucket(step) && isLeft(step)
        ? "is let go of: it stays in the store with its objects, and up does not look after it any more"
        : undefined,
    ),
  },
];

function sizeOf(given: Step["before"]): string | undefined {
  const size = valueAt(given, "spec.resources.requests.storage");
  return typeof size === "string" ? size : undefined;
}
