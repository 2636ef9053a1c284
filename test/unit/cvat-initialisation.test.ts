import { describe, expect, it } from "vitest";
import { cvatConfig } from "../../components/cvat/cvat-section.ts";
import { initialisationStamp, INPUTS_ANNOTATION } from "../../components/cvat/initialisation/stamp.ts";
import { ONCE_MOUNT, ONCE_VOLUME } from "../../components/cvat/initialisation/once.ts";
import { usersJob } from "../../components/cvat/users/job.ts";

const external = (more: object = {}) => ({ host: "store.example.com", existingSecret: "store", ...more });
const admin = { existingSecret: undefined, admin: { existingSecret: "an-administrator" } };
const stampOf = (config: object) => initialisationStamp(cvatConfig.parse(config));

const ELSEWHERE = {
  postgresql: { external: external(admin) },
  redis: { external: external() },
  analytics: { clickhouse: { external: external(admin) } },
};

describe("what CVAT is initialised anew for", () => {
  it.each<[string, object]>([
    ["a database of one's own", { ...ELSEWHERE, postgresql: {} }],
    [
      "another server of PostgreSQL",
      { ...ELSEWHERE, postgresql: { external: external({ ...admin, host: "b.example" }) } },
    ],
    ["another database on it", { ...ELSEWHERE, postgresql: { external: external({ ...admin, database: "other" }) } }],
    ["a Secret that names others", { ...ELSEWHERE, postgresql: { external: external({ existingSecret: "other" }) } }],
    ["other queues", { ...ELSEWHERE, redis: { external: external({ port: 7000 }) } }],
    [
      "another ClickHouse",
      { ...ELSEWHERE, analytics: { clickhouse: { external: external({ ...admin, host: "b.example" }) } } },
    ],
    ["no analytics", { ...ELSEWHERE, analytics: { enabled: false } }],
  ])("%s", (_, config) => {
    expect(stampOf(config)).not.toBe(stampOf(ELSEWHERE));
  });

  it.each<[string, object]>([
    ["a password", { ...ELSEWHERE, postgresql: { external: external({ ...admin, rotation: 1 }) } }],
    ["more servers", { ...ELSEWHERE, server: { replicas: 3 } }],
    ["another cache", { ...ELSEWHERE, kvrocks: { external: external({ host: "cache.example" }) } }],
    ["another user", { ...ELSEWHERE, users: [{ username: "lena" }] }],
  ])("and not for %s", (_, config) => {
    expect(stampOf(config)).toBe(stampOf(ELSEWHERE));
  });
});

describe("the Job of users", () => {
  const initializer = {
    volumes: [ONCE_VOLUME],
    containers: [{ name: "cvat-backend", image: "cvat/server:v2.64.0", volumeMounts: [ONCE_MOUNT] }],
  } as unknown as Parameters<typeof usersJob>[0]["initializer"];
  const job = usersJob({ initializer, digest: "d", stamp: "s", patience: 600 });
  const [container] = job.template.spec.containers;

  it("waits for its turn by the same script, and gives up before it is ended", () => {
    expect(container?.command.slice(0, 4)).toEqual(["python3", `${ONCE_MOUNT.mountPath}/once.py`, "580", "python3"]);
    expect(job.activeDeadlineSeconds).toBe(600);
    expect(container?.volumeMounts.filter(({ name }) => name === ONCE_MOUNT.name)).toEqual([ONCE_MOUNT]);
    expect(job.template.spec.volumes.filter(({ name }) => name === ONCE_VOLUME.name)).toEqual([ONCE_VOLUME]);
  });

  it("is another one in another database", () => {
    expect(job.template.metadata.annotations[INPUTS_ANNOTATION]).toBe("s");
  });
});
