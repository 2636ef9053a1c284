import { namesDockerHub, parseImage } from "../images/reference.ts";

/** Images that cannot be pulled any longer. */
interface Withdrawn {
  /** Beginning of their references, without the registry: all were on Docker Hub. */
  prefix: string;
  /** What stands in its place where the same image is now. */
  replacement: string;
  source: string;
}

/** Where the same tags are found now. The first row that fits counts, so the more specific ones come first. */
const WITHDRAWN: readonly Withdrawn[] = [
  ...["postgresql:15.2.0-debian-11-r0", "clickhouse:23.12.2-debian-11-r0"].map((image) => ({
    prefix: `bitnami/${image}`,
    replacement: `public.ecr.aws/b8u7h5e8/${image}`,
    source: "CVAT's own copies: cvat-ai/cvat#9832 (7d1205b4c4), chart 0.17.1",
  })),
  {
    prefix: "bitnami/",
    replacement: "docker.io/bitnamilegacy/",
    source:
      "Bitnami's archive: bitnami/charts#35164, clearml/clearml-helm-charts#367, and as CVAT took it in v2.44.0: cvat-ai/cvat#9754 (45ef8312cc)",
  },
];

/** Where all of this is known from. */
export const WITHDRAWN_SOURCE = ["bitnami/containers#83267", ...new Set(WITHDRAWN.map(({ source }) => source))].join(
  "; ",
);

/** Where a withdrawn image is found now. `undefined` for an image that is where it was. */
export function replacementOf(image: string): string | undefined {
  const parsed = parseImage(image);
  const onHub = parsed && namesDockerHub(parsed) ? image.slice(image.indexOf("/") + 1) : image;
  const row = WITHDRAWN.find(({ prefix }) => onHub.startsWith(prefix));
  return row && row.replacement + onHub.slice(row.prefix.length);
}

/** Whether an image comes from where withdrawn ones are found now. */
export function isReplacement(image: string): boolean {
  return WITHDRAWN.some(({ replacement }) => image.startsWith(replacement));
}
