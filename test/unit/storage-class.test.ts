import { V1ObjectMeta } from "@kubernetes/client-node";
import { describe, expect, it, vi } from "vitest";
import { removeUnbound } from "../../automation/cluster/claims.ts";
import type { Send } from "../../components/kubernetes/api-server.ts";
import type { Plan } from "../../components/lab/plan.ts";
import type { LiveClaim } from "../../components/preflight/facts.ts";
import {
  claimsOfOtherClass,
  storageClassesAreThere,
  storageClassesFit,
} from "../../components/preflight/storage-class.ts";
import { NOTHING } from "./cluster-facts.ts";
import { planned } from "../fixtures/inputs/planned.ts";

function lab(changes: { data?: string; values?: object; clearml?: string } = {}, off: object = {}): Plan {
  const data = changes.data === undefined ? {} : { storageClass: changes.data };
  return planned({
    cluster: { storageClass: "fast" },
    cvat: { data, values: changes.values ?? {}, analytics: off },
    clearml: { storage: { class: changes.clearml }, ...off },
  });
}

function claim(name: string, storageClassName: string | undefined, bound = false, namespace = "cvat"): LiveClaim {
  return {
    metadata: Object.assign(new V1ObjectMeta(), { name, namespace }),
    spec: { storageClassName, ...(bound && { volumeName: "pvc-1" }) },
    status: { phase: bound ? "Bound" : "Pending" },
  };
}

const told = (claims: LiveClaim[] | undefined, config = lab()) => storageClassesFit({ ...NOTHING, claims }, config);

describe("a claim's StorageClass", () => {
  it.each<[string, LiveClaim[] | undefined, Plan]>([
    ["may not be read", undefined, lab()],
    ["is what the cluster's key says", [claim("cvat-backend-data", "fast", true)], lab()],
    ["is what its own key says", [claim("cvat-backend-data", "slow", true)], lab({ data: "slow" })],
    [
      "is what the chart's values say",
      [claim("cvat-grafana", "slow")],
      lab({ values: { grafana: { persistence: { storageClassName: "slow" } } } }),
    ],
    [
      "is set for all of the chart's parts by its values",
      [claim("cvat-grafana", "slow", true)],
      lab({ values: { global: { storageClass: "slow" } } }),
    ],
    [
      "is of a claim that is not the lab's",
      [claim("somebody", "slow", true), claim("cvat-backend-data", "slow", true, "other")],
      lab(),
    ],
  ])("%s: nothing to say", (_what, claims, config) => {
    expect(told(claims, config)).toEqual([]);
  });

  it("of claims with a volume that is another one is refused, by key, with the class to set", () => {
    const claims = [
      claim("cvat-backend-data", "slow", true),
      claim("clearml-mongodb", "old", true, "clearml"),
      claim("redis-data-clearml-redis-master-0", "old", true, "clearml"),
    ];
    expect(told(claims)).toEqual([
      {
        severity: "refusal",
        path: "vision-platform:cvat.data.storageClass",
        message: expect.stringMatching(/`fast`.*cvat\/cvat-backend-data .*`slow`.*set `slow`/) as string,
      },
      {
        severity: "refusal",
        path: "vision-platform:clearml.storage.class",
        message: expect.stringMatching(
          /clearml\/clearml-mongodb, clearml\/redis-data-clearml-redis-master-0/,
        ) as string,
      },
    ]);
  });

  it("of claims that were never bound is corrected, with the StatefulSets that make them", () => {
    const claims = [claim("cvat-backend-data", "typo"), claim("data-cvat-postgresql-0", "typo")];
    expect(told(claims).map(({ severity }) => severity)).toEqual(["warning", "warning"]);
    expect(told(claims)[1]?.message).toMatch(/never bound.*StatefulSet cvat-postgresql/);
  });

  it("of a claim that lost its volume, or waits for a given one, is no matter of the program", () => {
    const lost = { ...claim("cvat-grafana", "slow"), status: { phase: "Lost" } };
    const given = claim("cvat-grafana", "slow");
    given.spec = { storageClassName: "slow", volumeName: "by-hand" };
    for (const one of [lost, given]) expect(told([one])[0]?.severity).toBe("refusal");
  });
});

describe("claims that are made again", () => {
  it("go after the StatefulSet that would make them again, and are gone before the run goes on", async () => {
    const asked: string[] = [];
    let left = 2;
    const send: Send = ({ method, path }) => {
      asked.push(`${method} ${path.split("/").slice(-2).join("/")}`);
      const there = path.includes("persistentvolumeclaims") && method === "GET" && left-- > 0;
      return Promise.resolve({ status: method === "DELETE" || there ? 200 : 404, text: "" });
    };
    await removeUnbound(claimsOfOtherClass({ claims: [claim("data-cvat-postgresql-0", "typo")] }, lab()), send);
    expect(asked).toEqual([
      "DELETE statefulsets/cvat-postgresql",
      "GET statefulsets/cvat-postgresql",
      "DELETE persistentvolumeclaims/data-cvat-postgresql-0",
      ...Array.from({ length: 3 }, () => "GET persistentvolumeclaims/data-cvat-postgresql-0"),
    ]);
  });

  it("that do not go end the run with the way on", async () => {
    vi.useFakeTimers();
    const send: Send = () => Promise.resolve({ status: 200, text: "" });
    const done = removeUnbound(claimsOfOtherClass({ claims: [claim("cvat-grafana", "typo")] }, lab()), send);
    const refused = expect(done).rejects.toThrow(/cvat\/cvat-grafana.*still being deleted.*run up again/);
    await vi.advanceTimersByTimeAsync(61_000);
    await refused;
    vi.useRealTimers();
  });
});

describe("a StorageClass that the cluster has not", () => {
  const classes = (...names: string[]) =>
    names.map((name) => ({ metadata: Object.assign(new V1ObjectMeta(), { name }) }));
  const missing = (there: string[] | undefined, claims: LiveClaim[] = []) =>
    storageClassesAreThere({ ...NOTHING, claims, storageClasses: there && classes(...there) }, lab());

  it("is refused at the key that names it, once, with the nearest name", () => {
    expect(missing(["fasd", "local-path"])).toEqual([
      {
        severity: "refusal",
        path: "vision-platform:cluster.storageClass",
        message: "The cluster has no StorageClass `fast`. Did you mean `fasd`? It has fasd, local-path.",
      },
    ]);
  });

  it("is there, may not be read, or is asked for by no claim that is not bound: nothing to say", () => {
    expect(missing(["fast"])).toEqual([]);
    expect(missing(undefined)).toEqual([]);
    const cvatOnly = lab({}, { enabled: false });
    const names = ["cvat-backend-data", "cvat-kvrocks-data-cvat-kvrocks-0", "data-cvat-postgresql-0"];
    const claims = [...names, "redis-data-cvat-redis-master-0"].map((name) => claim(name, "fast", true));
    const storageClasses = classes("other");
    expect(storageClassesAreThere({ ...NOTHING, claims, storageClasses }, cvatOnly)).toEqual([]);
    expect(storageClassesAreThere({ ...NOTHING, claims: claims.slice(1), storageClasses }, cvatOnly)).toHaveLength(1);
  });
});
