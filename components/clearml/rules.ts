import { replacementOf } from "../charts/images.ts";
import { bytes, bytesOf } from "../schema.ts";
import type { ClearmlConfig } from "./config.ts";
import { heapBytes, LEAST_HEAP, memoryFor } from "./elasticsearch.ts";
import { OWNED_VALUES } from "./owned-values.ts";
import { clearmlVersions } from "./versions.ts";

interface Found {
  path: readonly (string | number)[];
  /** What is wrong and the cure, as a sentence without its full stop. */
  message: string;
}

/** A rule across keys of `vision-platform:clearml`. */
export interface ClearmlRule {
  /** Top-level keys it reads. It is skipped while one of them is unsound by itself. */
  reads: readonly (keyof ClearmlConfig)[] & readonly string[];
  problems(config: ClearmlConfig): Found[];
}

export const CLEARML_RULES: readonly ClearmlRule[] = [
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
      const choice = clearmlVersions(config);
      const path =
        config.chartVersion !== undefined
          ? ["chartVersion"]
          : config.image.tag !== undefined
            ? ["image", "tag"]
            : ["version"];
      return "problem" in choice ? [{ path, message: choice.problem }] : [];
    },
  },
  {
    reads: ["image"],
    problems: ({ image }) => [
      ...(image.tag === "latest" ? [{ path: ["image", "tag"], message: LATEST }] : []),
      ...(/^[^/]*[.:][^/]*\//.test(image.repository)
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

function repeats<Key extends string | number>(
  entries: readonly (readonly [Key, string | undefined])[],
): { key: Key; first: Key }[] {
  return entries.flatMap(([key, value], index) => {
    const first = entries.slice(0, index).find(([, other]) => value !== undefined && other === value);
    return first ? [{ key, first: first[0] }] : [];
  });
}

function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : undefined),
    values,
  );
}
