import { describe, expect, it } from "vitest";
import { lookAtCluster } from "../../automation/cluster/look.ts";
import type { Send } from "../../components/kubernetes/api-server.ts";
import { claimsAreLeftBehind } from "../../components/preflight/left-behind.ts";
import { serviceSecretsAreThere, serviceSecretsOf } from "../../components/preflight/service-secrets.ts";
import { claimsOfOtherClass, classesAsked } from "../../components/preflight/storage-class.ts";
import { planned } from "../fixtures/inputs/planned.ts";
import { NOTHING } from "./cluster-facts.ts";

const PLAN = planned({
  cvat: {
    postgresql: { external: { host: "db.example.com", existingSecret: "role", admin: { existingSecret: "admin" } } },
    redis: { external: { host: "queues.example.com", existingSecret: "stores" } },
    kvrocks: { external: { host: "cache.example.com", existingSecret: "stores" } },
    analytics: { clickhouse: { external: { host: "events.example.com", existingSecret: "events" } } },
  },
  clearml: { enabled: false },
});

const secret = (name: string, texts: Record<string, string>) => ({
  metadata: { name, namespace: "cvat" },
  data: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")])),
});
const THERE = [
  secret("role", { username: "cvat", database: "cvat", password: "one" }),
  secret("admin", { username: "postgres", password: "two" }),
  secret("stores", { password: "three" }),
  secret("events", { password: "four" }),
];
const told = (serviceSecrets: typeof THERE | undefined) =>
  serviceSecretsAreThere({ ...NOTHING, serviceSecrets }, PLAN).map(
    ({ severity, path, message }) => `${severity} ${path}: ${message}`,
  );

describe("Secrets of services of others", () => {
  it("are read by their names, each once, and no other", async () => {
    const asked: string[] = [];
    const send: Send = ({ path }) => {
      asked.push(path);
      return Promise.resolve({ status: 200, text: `{"items":[]}` });
    };
    await lookAtCluster({}, { send, serviceSecrets: serviceSecretsOf(PLAN.lab) });
    expect(asked.filter((path) => path.includes("secrets"))).toEqual(
      ["role", "admin", "stores", "events"].map(
        (name) => `/api/v1/namespaces/cvat/secrets?fieldSelector=metadata.name%3D${name}`,
      ),
    );
  });

  it("are refused where they are missing, lack a key, or have a password that fits into no address", () => {
    expect(told(THERE)).toEqual([]);
    expect(told(undefined)).toEqual([]);
    const [role, admin, , events] = THERE;
    if (!role || !admin || !events) throw new Error("there are four");
    const half = secret("admin", { username: "postgres" });
    expect(told([role, half, secret("stores", { password: "a/b@c" })])).toEqual([
      expect.stringMatching(
        /^refusal vision-platform:cvat\.postgresql\.external\.admin\.existingSecret: Secret cvat\/admin has no password, to sign in to PostgreSQL, as an administrator\. Make it: .*kubectl create secret generic admin -n cvat --from-file=username=FILE --from-file=password=FILE$/,
      ),
      expect.stringMatching(
        /^refusal vision-platform:cvat\.redis\.external\.existingSecret: The password in Secret cvat\/stores has a blank, one of /,
      ),
      expect.stringMatching(
        /^refusal vision-platform:cvat\.analytics\.clickhouse\.external\.existingSecret: There is no Secret cvat\/events, /,
      ),
    ]);
  });
});

describe("claims of parts that the lab has no more", () => {
  const claim = (name: string) => ({
    metadata: { name, namespace: "cvat" },
    spec: { storageClassName: "another", volumeName: "pv" },
    status: { phase: "Bound" },
  });
  const LEFT = [
    "data-cvat-postgresql-0",
    "redis-data-cvat-redis-master-0",
    "cvat-kvrocks-data-cvat-kvrocks-0",
    "data-cvat-clickhouse-shard0-0",
  ];

  it("are told as left behind, by the key that left them", () => {
    const claims = [...LEFT, "cvat-backend-data"].map(claim);
    const findings = claimsAreLeftBehind({ ...NOTHING, claims }, PLAN);
    expect(findings.map(({ severity, path, message }) => [severity, path, message.split(" of ")[0]])).toEqual(
      [
        ["cvat.postgresql", LEFT[0]],
        ["cvat.redis", LEFT[1]],
        ["cvat.kvrocks", LEFT[2]],
        ["cvat.analytics.clickhouse", LEFT[3]],
      ].map(([part, name]) => ["warning", `vision-platform:${part}.external`, `Claim cvat/${name}`]),
    );
    expect(claimsAreLeftBehind({ ...NOTHING, claims }, planned({ clearml: { enabled: false } }))).toEqual([]);
  });

  it("ask for no StorageClass any more, whatever theirs is", () => {
    expect(classesAsked(PLAN).map(({ row }) => row.name)).toEqual(["cvat-backend-data", "cvat-grafana"]);
    expect(claimsOfOtherClass({ claims: LEFT.map(claim) }, PLAN)).toEqual([]);
  });
});
