import { replacementOf } from "../charts/images.ts";
import { chooseVersions } from "../charts/versions.ts";
import { namesRegistry } from "../images/reference.ts";
import { bytes, bytesOf } from "../schema/values.ts";
import { repeats, type Found, type SectionRule } from "../schema/section-rules.ts";
import type { ClearmlConfig } from "./clearml-config.ts";
import { heapBytes, LEAST_HEAP, memoryFor } from "./elasticsearch.ts";
import { ENVIRONMENT_RULES } from "./environment.ts";
import { OWNED_VALUES } from "./owned-values.ts";
import { unevenResources } from "./resources.ts";
import { CLEARML_VERSIONS, clearmlWish } from "./versions.ts";

export const CLEARML_RULES: readonly SectionRule<ClearmlConfig>[] = [
  ...ENVIRONMENT_RULES,
  {
    reads: ["addresses"],
    problems: ({ addresses }) =>
      repeats(Object.entries(addresses)).map(({ key, first }) => ({
        path: ["addresses", key],
        message: `is the address of addresses.${first} already; the three Services share a port, so each needs an address of its own`,
      })),
  },
  {
    reads: ["users"],
    problems: ({ users }) =>
      repeats(users.map(({ username }, index) => [index, username] as const)).map(({ key, first }) => ({
        path: ["users", key, "username"],
        message: `is the user name of users[${first}] already; the server would not start its sign-in with both, so rename or remove one`,
      })),
  },
  {
    reads: ["version", "chartVersion", "image", "allowUnknownVersions"],
    problems(config) {
      if (config.image.tag === "latest") return [];
      const choice = chooseVersions(CLEARML_VERSIONS, clearmlWish(config));
      return "problems" in choice ? choice.problems : [];
    },
  },
  {
    reads: ["image"],
    problems: ({ image }) => [
      ...(image.tag === "latest" ? [{ path: ["image", "tag"], message: LATEST }] : []),
      ...(namesRegistry(image.repository)
        ? [
            {
              path: ["image", "repository"],
              message: "names a registry, and the chart puts one before it; set image.registry instead",
            },
          ]
        : []),
    ],
  },
  {
    reads: ["elasticsearch"],
    problems: ({ elasticsearch: { heap } }) =>
      heapBytes(heap) < LEAST_HEAP
        ? [
            {
              path: ["elasticsearch", "heap"],
              message:
                "is under 1 GB: Elasticsearch runs out of it while it opens ClearML's indices, never gets ready, " +
                "and the API server waits for it without end; set 1g or more, 2g being the chart's own",
            },
          ]
        : [],
  },
  {
    reads: ["elasticsearch", "resources"],
    problems: ({ elasticsearch: { heap }, resources }) =>
      (["requests", "limits"] as const).flatMap((kind): Found[] => {
        const path = ["resources", "elasticsearch", kind, "memory"];
        const memory = resources.elasticsearch?.[kind]?.["memory"];
        if (memory === undefined) return [];
        if (!bytes.safeParse(memory).success) return [{ path, message: `must be a size such as ${memoryFor(heap)}` }];
        if (kind === "requests" || bytesOf(memory) >= bytesOf(memoryFor(heap))) return [];
        const message = `is too little for a heap of ${heap}: Elasticsearch needs as much again outside it; set ${memoryFor(heap)} or more, or a smaller elasticsearch.heap`;
        return [{ path, message }];
      }),
  },
  { reads: ["elasticsearch", "resources"], problems: unevenResources },
  {
    reads: ["values"],
    problems: ({ values }) => [...ownedValues(values), ...badImages(values, ["values"])],
  },
];

const LATEST = "is `latest`, which changes by itself and is pulled anew at each start; name a version";

function ownedValues(values: Record<string, unknown>): Found[] {
  return OWNED_VALUES.filter(({ path }) => valueAt(values, path) !== undefined).map(({ path, cure }) => ({
    path: ["values", ...path],
    message: `is set by this program; ${cure}`,
  }));
}

/** Images among chart values that would not be found, or not stay the same. */
function badImages(value: unknown, path: readonly string[]): Found[] {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => badImages(inner, [...path, key]));
  }
  const key = path.at(-1) ?? "";
  if (typeof value !== "string") return [];
  if (/^(tag|imageTag)$/.test(key) && value === "latest") return [{ path, message: LATEST }];
  const replacement = /^(repository|image)$/.test(key) ? replacementOf(value) : undefined;
  return replacement === undefined
    ? []
    : [{ path, message: `names an image that was withdrawn; take ${replacement.replace("docker.io/", "")}` }];
}

function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : undefined),
    values,
  );
}
