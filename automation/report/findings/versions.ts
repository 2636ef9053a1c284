import { coerce } from "semver";
import { parseImage } from "../../../components/images/reference.ts";
import { ofEach, type FindingRow } from "./finding.ts";
import { imagesOf } from "./pods.ts";

/** Which releases jump. */
export const VERSION_ROWS: readonly FindingRow[] = [
  {
    id: "major-jump",
    severity: "careful",
    title: "a major release",
    find: ofEach((step) => {
      const before = imagesOf(step, step.before);
      const jumps = [...imagesOf(step, step.after)].flatMap(([container, image]) => {
        const former = before.get(container);
        return former !== undefined && isJump(former, image) ? [`from ${former} to ${image}`] : [];
      });
      return jumps.length > 0 ? `goes to another major release: ${jumps.join(", ")}` : undefined;
    }),
  },
  {
    id: "older-release",
    severity: "careful",
    title: "an older release",
    find: ofEach((step) => {
      const before = imagesOf(step, step.before);
      const back = [...imagesOf(step, step.after)].flatMap(([container, image]) => {
        const former = before.get(container);
        const [old, next] = [releaseOf(former), releaseOf(image)];
        return former !== undefined && old && next && sameName(former, image) && next.compare(old) < 0
          ? [`from ${former} to ${image}`]
          : [];
      });
      return back.length > 0
        ? `goes back: ${back.join(", ")}; what a newer release has written may not be read`
        : undefined;
    }),
  },
];

const releaseOf = (image: string | undefined) => coerce(image === undefined ? undefined : parseImage(image)?.tag);

const sameName = (one: string, other: string) => parseImage(one)?.path === parseImage(other)?.path;

function isJump(former: string, image: string): boolean {
  const [old, next] = [releaseOf(former), releaseOf(image)];
  return old !== null && next !== null && sameName(former, image) && next.major > old.major;
}
