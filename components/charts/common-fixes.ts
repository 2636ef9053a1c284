import type { Fix } from "./fixes.ts";
import type { RenderedObject } from "../kubernetes/rendered-object.ts";
import { isReplacement, replacementOf, WITHDRAWN_SOURCE } from "./images.ts";
import { everyContainer } from "./pods.ts";

/** Fixes that any chart may need. They stand before a chart's own in the ledger. */
export const COMMON_FIXES: readonly Fix[] = [
  {
    id: "empty-role-rules",
    why: "The API server stores `rules: []` as no rules, so the role shows as changed on every preview for ever.",
    source: "charts-on-the-engine.md section 0.I, measured with the Grafana chart 6.60.6",
    matches: (object) => /^(Cluster)?Role$/.test(object.kind),
    stillNeeded: (object) => Array.isArray(object.rules) && object.rules.length === 0,
    apply: (object) => delete object.rules,
  },
  {
    id: "withdrawn-images",
    why: "Bitnami removed its versioned images from Docker Hub, so pods that name them end in ImagePullBackOff; the same tags are kept elsewhere.",
    source: WITHDRAWN_SOURCE,
    matches: (object) => images(object).some((image) => replacementOf(image) !== undefined || isReplacement(image)),
    stillNeeded: (object) => images(object).some((image) => replacementOf(image) !== undefined),
    apply: (object) => {
      for (const one of everyContainer(object)) one.image = replacementOf(one.image ?? "") ?? one.image;
    },
  },
];

const images = (object: RenderedObject) => everyContainer(object).map(({ image = "" }) => image);
