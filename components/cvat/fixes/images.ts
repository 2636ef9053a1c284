import type { Fix, RenderedObject } from "../../charts/fixes.ts";
import { isSubchart, podTemplate, type Container } from "./pod.ts";

interface Withdrawn {
  /** Beginning of the reference of an image that can no longer be pulled. */
  prefix: string;
  replacement: string;
  source: string;
}

/** Images withdrawn from their registry. The first row that fits counts. */
export const WITHDRAWN_IMAGES: readonly Withdrawn[] = [
  {
    prefix: "docker.io/bitnami/postgresql:15.2.0-debian-11-r0",
    replacement: "public.ecr.aws/b8u7h5e8/postgresql:15.2.0-debian-11-r0",
    source: "CVAT's own copy: cvat-ai/cvat#9832 (7d1205b4c4), chart 0.17.1",
  },
  {
    prefix: "docker.io/bitnami/clickhouse:23.12.2-debian-11-r0",
    replacement: "public.ecr.aws/b8u7h5e8/clickhouse:23.12.2-debian-11-r0",
    source: "CVAT's own copy: cvat-ai/cvat#9832 (7d1205b4c4), chart 0.17.1",
  },
  {
    prefix: "docker.io/bitnami/",
    replacement: "docker.io/bitnamilegacy/",
    source: "Bitnami's archive, as CVAT took it in v2.44.0: cvat-ai/cvat#9754 (45ef8312cc)",
  },
];

const BITNAMI_CHARTS = ["postgresql", "redis", "clickhouse", "zookeeper"];

export const withdrawnImages: Fix = {
  id: "withdrawn-images",
  why: "Bitnami withdrew its images from Docker Hub, so pods of older charts cannot pull theirs.",
  source: `bitnami/containers#83267; ${[...new Set(WITHDRAWN_IMAGES.map(({ source }) => source))].join("; ")}`,
  matches: (object) => isSubchart(object, BITNAMI_CHARTS) && podTemplate(object) !== undefined,
  stillNeeded: (object) => allContainers(object).some(({ image }) => rowOf(image) !== undefined),
  apply: (object) => {
    for (const one of allContainers(object)) {
      const row = rowOf(one.image);
      if (row) one.image = row.replacement + one.image.slice(row.prefix.length);
    }
  },
};

function rowOf(image: string): Withdrawn | undefined {
  return WITHDRAWN_IMAGES.find(({ prefix }) => image.startsWith(prefix));
}

function allContainers(object: RenderedObject): Container[] {
  const pod = podTemplate(object)?.spec;
  return pod ? [...pod.containers, ...(pod.initContainers ?? [])] : [];
}
