import type { Annotations, Shape } from "../annotations/model.ts";

export interface Conflict {
  frame: number;
  type: "missing_annotation" | "extra_annotation" | "mismatching_label" | "low_overlap";
  severity: "error" | "warning";
  /** Of the checked job and of the truth. */
  shapes: readonly { obj_id: number; job_id: number; type: string; shape_type: string }[];
}

export interface Comparison {
  conflicts: Conflict[];
  valid: number;
  found: number;
  truth: number;
}

/** Below this much in common, a box that is right is said to lie badly. (quality_control/models.py, low_overlap_threshold) */
const LOW_OVERLAP = 0.8;

/** Boxes against those that are the truth, on its frames: each truth takes the one that it overlaps most. (cvat-real-third-look.md, 6.6) */
export function compared(
  checked: Annotations,
  truth: Annotations,
  frames: readonly number[],
  threshold: number,
): Comparison {
  const result: Comparison = { conflicts: [], valid: 0, found: 0, truth: 0 };
  for (const frame of frames) {
    const found = checked.shapes.filter((shape) => shape.frame === frame);
    const right = truth.shapes.filter((shape) => shape.frame === frame);
    result.found += found.length;
    result.truth += right.length;
    const left = new Set(found);
    for (const one of right) {
      const best = [...left]
        .map((shape) => ({ shape, share: overlap(shape, one) }))
        .sort((first, second) => second.share - first.share)
        .find(({ share }) => share >= threshold);
      if (!best) {
        result.conflicts.push({ frame, type: "missing_annotation", severity: "error", shapes: [named(one)] });
        continue;
      }
      left.delete(best.shape);
      const both = [named(best.shape), named(one)];
      if (best.shape.label_id !== one.label_id)
        result.conflicts.push({ frame, type: "mismatching_label", severity: "error", shapes: both });
      else {
        result.valid += 1;
        if (best.share < LOW_OVERLAP)
          result.conflicts.push({ frame, type: "low_overlap", severity: "warning", shapes: both });
      }
    }
    for (const extra of left)
      result.conflicts.push({ frame, type: "extra_annotation", severity: "error", shapes: [named(extra)] });
  }
  return result;
}

const named = ({ id, job, type }: Shape) => ({ obj_id: id, job_id: job, type: "shape", shape_type: type });

/** Of rectangles around them: intersection over union. */
function overlap(one: Shape, other: Shape): number {
  const [a, b] = [around(one), around(other)];
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const common = width * height;
  return common / (area(a) + area(b) - common);
}

const around = ({ points }: Shape) => {
  const [xs, ys] = [points.filter((_, at) => at % 2 === 0), points.filter((_, at) => at % 2 === 1)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
};

const area = ({ left, right, top, bottom }: ReturnType<typeof around>) => (right - left) * (bottom - top);
