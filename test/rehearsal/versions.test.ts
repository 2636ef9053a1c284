import type {
  KubernetesObject,
  V1ConfigMap,
  V1Deployment,
  V1Ingress,
  V1Job,
  V1PersistentVolumeClaim,
  V1Service,
  V1StatefulSet,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LedgerRow } from "../../components/charts/ledger.ts";
import { startLab, type Lab } from "./harness.ts";

/** The fixes that go by versions: what the runbook's images need on a chart that was made for later ones. */
const FOR_OLD_IMAGES = ["backend-numeric-user", "frontend-runs-as-root", "frontend-port", "frontend-service-port"];
/** A fix that goes by the chart alone: charts before 2.56 have no annotations for a single Ingress. */
const FOR_OLD_CHARTS = ["ingress-middlewares"];

const BACKEND = ["server", "worker-annotation", "worker-chunks", "worker-export", "worker-import"].map(
  (part) => `cvat-backend-${part}`,
);

let lab: Lab;
let ledger: LedgerRow[] = [];
let warnings: readonly string[] = [];

beforeAll(async () => {
  lab = await startLab({ cvat: { version: "2.39.0", chart: "0.17.1" }, clearml: { enabled: false } });
  // One object at a time: with waits in the engine, the claim that the pods wait for would never get its turn.
  ({ ledger, warnings } = (await lab.up({ parallel: 1 })).outcome);
});
afterAll(() => lab.end());

describe("the runbook's pair: images 2.39.0 on chart 0.17.1", () => {
  it("goes up with every fix it needs, and says which", () => {
    expect(outcomes(ledger, [...FOR_OLD_IMAGES, ...FOR_OLD_CHARTS])).toEqual({
      "backend-numeric-user": "applied",
      "frontend-runs-as-root": "applied",
      "frontend-port": "applied",
      "frontend-service-port": "applied",
      "ingress-middlewares": "applied",
    });
  });

  it("runs server and workers as a user with a number", async () => {
    for (const name of BACKEND) {
      const { template } = (await deployment(name)).spec ?? {};
      const [container] = template?.spec?.containers ?? [];
      expect([name, container?.image]).toEqual([name, "cvat/server:v2.39.0"]);
      expect([name, container?.securityContext]).toEqual([
        name,
        expect.objectContaining({ runAsNonRoot: true, runAsUser: 1000 }),
      ]);
    }
    const kvrocks = await get<V1StatefulSet>("apps/v1", "StatefulSet", "cvat-kvrocks");
    expect(kvrocks.spec?.template.spec?.containers[0]?.securityContext?.runAsUser).toBe(999);
  });

  it("serves the web pages on port 80, as root", async () => {
    const [container] = (await deployment("cvat-frontend")).spec?.template.spec?.containers ?? [];
    expect(container?.image).toBe("cvat/ui:v2.39.0");
    expect(container?.ports?.map(({ containerPort }) => containerPort)).toEqual([80]);
    expect(container?.readinessProbe?.tcpSocket?.port).toBe(80);
    expect(container?.livenessProbe?.tcpSocket?.port).toBe(80);
    expect(container?.securityContext?.runAsNonRoot).toBeUndefined();
    expect((await frontendService()).spec?.ports?.[0]).toMatchObject({ port: 8000, targetPort: 80 });
  });

  it("closes registration inside CVAT, which says so when it is asked", async () => {
    const [server] = (await deployment("cvat-backend-server")).spec?.template.spec?.containers ?? [];
    expect(server?.env).toContainEqual({ name: "DJANGO_SETTINGS_MODULE", value: "cvat.settings.vision_platform" });
    expect(warnings.filter((text) => text.includes("registration"))).toEqual([]);
  });

  it("keeps Grafana behind the sign-in", async () => {
    const { metadata } = await get<V1Ingress>("networking.k8s.io/v1", "Ingress", "cvat-analytics");
    expect(metadata?.annotations?.["traefik.ingress.kubernetes.io/router.middlewares"]).toMatch(
      /^cvat-.+@kubernetescrd/,
    );
  });

  it("makes ClickHouse's table by a Job that completed", async () => {
    const job = await get<V1Job>("batch/v1", "Job", "cvat-clickhouse-init");
    expect(conditions(job)).toContain("Complete");
  });
});

describe("from chart 0.17.1 to 2.64.0", () => {
  let before: { kvrocks: string; claim: string; volume: string | undefined };

  it("previews, and goes up, in one run each", async () => {
    // The chart's own images first, as an upgrade by the book begins.
    await lab.configure({ cvat: { version: "2.48.1", chart: undefined } });
    const fitting = (await lab.up()).outcome.ledger;
    expect(outcomes(fitting, FOR_OLD_IMAGES)).toEqual({
      ...settled(FOR_OLD_IMAGES),
    });
    expect(await names("batch/v1", "Job")).not.toContain("cvat-clickhouse-init");
    before = await kvrocks();

    await lab.configure({ cvat: { version: "2.64.0" } });
    await lab.prepare();
    const planned = await lab.run("preview");
    expect(planned.changes.map(({ operation, kind, short }) => `${operation} ${kind} ${short}`)).toContain(
      "update StatefulSet cvat-kvrocks",
    );
    const { changes, ledger: after } = (await lab.up()).outcome;
    expect(labels(changes)).toEqual(labels(planned.changes));
    ledger = after;
  });

  it("needs none of the fixes for older images or charts any more", () => {
    const rows = [...FOR_OLD_IMAGES, ...FOR_OLD_CHARTS];
    expect(outcomes(ledger, rows)).toEqual(settled(rows));
  });

  it("takes kvrocks along in place, with its claim", async () => {
    expect(await kvrocks()).toEqual(before);
    const { spec, status } = await get<V1StatefulSet>("apps/v1", "StatefulSet", "cvat-kvrocks");
    expect(spec?.template.spec?.containers[0]?.image).toMatch(/kvrocks:2\.15\.0$/);
    expect(status?.readyReplicas).toBe(1);
  });

  it("leaves the replaced Job and ConfigMaps in the cluster", async () => {
    const job = await get<V1Job>("batch/v1", "Job", "cvat-backend-initializer-r1");
    expect(job.spec?.template.spec?.containers[0]?.image).toBe("cvat/server:v2.64.0");
    expect(conditions(job)).toContain("Complete");
    const dashboards = await get<V1ConfigMap>("v1", "ConfigMap", "cvat-grafana-dashboards");
    expect(Object.keys(dashboards.data ?? {}).length).toBe(3);
    expect(Object.keys((await get<V1ConfigMap>("v1", "ConfigMap", "cvat-vector-config")).data ?? {})).toEqual([
      "vector.toml",
    ]);
  });

  it("sends to the port the new web pages listen on", async () => {
    const [container] = (await deployment("cvat-frontend")).spec?.template.spec?.containers ?? [];
    expect(container?.ports?.map(({ containerPort }) => containerPort)).toEqual([8000]);
    expect(container?.securityContext?.runAsNonRoot).toBe(true);
    expect((await frontendService()).spec?.ports?.[0]).toMatchObject({ port: 8000, targetPort: 8000 });
  });

  it("changes nothing on the next up", async () => {
    const { outcome } = await lab.up();
    expect(outcome.changes).toEqual([]);
  });
});

const get = <T extends KubernetesObject>(apiVersion: string, kind: string, name: string) =>
  lab.get<T>(apiVersion, kind, name, "cvat");
const deployment = (name: string) => get<V1Deployment>("apps/v1", "Deployment", name);
const frontendService = () => get<V1Service>("v1", "Service", "cvat-frontend-service");

async function names(apiVersion: string, kind: string): Promise<(string | undefined)[]> {
  return (await lab.list(apiVersion, kind, "cvat")).map(({ metadata }) => metadata?.name);
}

const conditions = ({ status }: V1Job) =>
  (status?.conditions ?? []).filter((condition) => condition.status === "True").map(({ type }) => type);

const labels = (changes: readonly { operation: string; urn: string }[]) =>
  changes.map(({ operation, urn }) => `${operation} ${urn}`).sort();

/** What identifies kvrocks and its data: another identity is another object, whatever its name. */
async function kvrocks() {
  const set = await get<V1StatefulSet>("apps/v1", "StatefulSet", "cvat-kvrocks");
  const claim = await get<V1PersistentVolumeClaim>("v1", "PersistentVolumeClaim", "cvat-kvrocks-data-cvat-kvrocks-0");
  return { kvrocks: set.metadata?.uid ?? "", claim: claim.metadata?.uid ?? "", volume: claim.spec?.volumeName };
}

function outcomes(rows: readonly LedgerRow[], ids: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(ids.map((id) => [id, rows.find((row) => row.id === id)?.outcome]));
}

const settled = (ids: readonly string[]) => Object.fromEntries(ids.map((id) => [id, "already right"]));
