import type { Fix } from "./fixes.ts";
import { containersOf } from "./pods.ts";

/** Images that left their registry, and where the same tags are now. */
export const WITHDRAWN_IMAGES = [
  {
    from: /^(?:(?:index\.|registry-1\.)?docker\.io\/)?bitnami\//,
    to: "docker.io/bitnamilegacy/",
    source: "bitnami/containers#83267, bitnami/charts#35164, clearml/clearml-helm-charts#367",
  },
] as const;

/** Where a withdrawn image is found now. `undefined` for an image that is where it was. */
export function replacementOf(image: string): string | undefined {
  const row = WITHDRAWN_IMAGES.find(({ from }) => from.test(image));
  return row && image.replace(row.from, row.to);
}

const isReplacement = (image: string) => WITHDRAWN_IMAGES.some(({ to }) => image.startsWith(to));

/** Takes withdrawn images from where they are kept now. The same row for every chart. */
export const withdrawnImages: Fix = {
  id: "withdrawn-images",
  why: "Versioned Bitnami images were removed from docker.io/bitnami, so pods that name them end in ImagePullBackOff; the same tags are frozen in bitnamilegacy.",
  source: WITHDRAWN_IMAGES.map((row) => row.source).join("; "),
  matches: (object) =>
    containersOf(object).some(({ image = "" }) => replacementOf(image) !== undefined || isReplacement(image)),
  stillNeeded: (object) => containersOf(object).some(({ image = "" }) => replacementOf(image) !== undefined),
  apply(object) {
    for (const container of containersOf(object)) {
      container.image = replacementOf(container.image ?? "") ?? container.image;
    }
  },
};
