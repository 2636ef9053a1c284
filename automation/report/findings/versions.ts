import { coerce, type SemVer } from "semver";
import { parseImage } from "../../../components/images/reference.ts";
import type { Step } from "../../engine/steps.ts";
import { ofEach, type FindingRow } from "./finding.ts";
import { imageMoves } from "./pods.ts";

/** Which releases jump. */
export const VERSION_ROWS: readonly FindingRow[] = [
  {
    id: "major-jump",
    severity: "careful",
    title: "a major release",
    find: ofEach((step) => {
      const jumps = movesText(step, (old, next) => next.major > old.major);
      return jumps && `goes to another major release: ${jumps}`;
    }),
  },
  {
    id: "older-release",
    severity: "careful",
    title: "an older release",
    find: ofEach((step) => {
      const back = movesText(step, (old, next) => next.compare(old) < 0);
      return back && `goes back: ${back}; what a newer release has written may not be read`;
    }),
  },
];

/** Where a workload goes to such a release of an image that it had: `from A to B`. */
function movesText(step: Step, isSuch: (old: SemVer, next: SemVer) => boolean): string {
  const moves = imageMoves(step).filter(({ from, to }) => {
    const [former, image] = [parseImage(from), parseImage(to)];
    const [old, next] = [coerce(former?.tag), coerce(image?.tag)];
    return former?.path === image?.path && old !== null && next !== null && isSuch(old, next);
  });
  return moves.map(({ from, to }) => `from ${from} to ${to}`).join(", ");
}
