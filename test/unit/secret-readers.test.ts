import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { kind as keptKind } from "../../components/secrets/records/kept-passwords.ts";
import { kind as restartKind } from "../../components/secrets/records/restart.ts";
import { secretsReadBy, type PodSpec } from "../../components/secrets/restart-readers.ts";
import { closed } from "../fixtures/cvat/s3.ts";
import { newRun, within } from "./run.ts";

const kept = within(newRun(), keptKind);
const restart = within(newRun(), restartKind);

const OLD = "first-password";
const NEW = "second-password";

interface Workload {
  metadata: { name: string; namespace: string; generation: number };
  spec: { replicas: number; template: { spec: PodSpec } };
  status: Record<string, number>;
}

let folder: string;
let server: Server;
let connection: { namespace: string; kubeconfig: string };
let workloads: Record<string, Workload[]>;
let secret: Record<string, string> | undefined;
let patched: string[];
let bodies: string[];

const reading = (name: string, secretName: string): Workload => ({
  metadata: { name, namespace: "cvat", generation: 1 },
  spec: {
    replicas: 1,
    template: {
      spec: {
        containers: [{ env: [{ valueFrom: { secretKeyRef: { name: secretName } } }] }],
      },
    },
  },
  status: ready(1),
});
const ready = (observedGeneration: number) => ({
  observedGeneration,
  replicas: 1,
  updatedReplicas: 1,
  readyReplicas: 1,
  availableReplicas: 1,
});

/** An API server with workloads, one Secret, and pods that are ready one look after their restart. */
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "readers-"));
  patched = [];
  bodies = [];
  secret = { password: Buffer.from(OLD).toString("base64") };
  workloads = {
    statefulsets: [reading("cvat-redis-master", "redis"), reading("cvat-kvrocks", "kvrocks")],
    deployments: [reading("server", "redis"), reading("ui", "other")],
  };
  server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { pathname } = new URL(request.url ?? "", "http://api.invalid");
      const [, kind = "", name] =
        /\/(statefulsets|deployments|pods|events|secrets)(?:\/([^/]+))?$/.exec(pathname) ?? [];
      const items = workloads[kind] ?? [];
      const found = name === undefined ? undefined : items.find(({ metadata }) => metadata.name === name);
      if (request.method === "PATCH" && found) {
        patched.push(found.metadata.name);
        bodies.push(Buffer.concat(parts).toString("utf8"));
        found.metadata.generation += 1;
        setTimeout(() => (found.status = ready(found.metadata.generation)), 50);
      }
      const kinds = ["StatefulSet", "Deployment"].map((one) => ({
        kind: one,
        name: `${one.toLowerCase()}s`,
        namespaced: true,
      }));
      const served = kind === "secrets" ? secret && { data: secret } : name === undefined ? { items } : found;
      const body = pathname === "/apis/apps/v1" ? { resources: kinds } : served;
      response.writeHead(body ? 200 : 404, { "content-type": "application/json" });
      response.end(JSON.stringify(body ?? { message: "not found" }));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const kubeconfig = path.join(folder, "kubeconfig");
  const cluster = {
    "insecure-skip-tls-verify": true,
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
  await writeFile(
    kubeconfig,
    JSON.stringify({
      ...{ apiVersion: "v1", kind: "Config", "current-context": "lab" },
      contexts: [{ name: "lab", context: { cluster: "lab", user: "lab" } }],
      clusters: [{ name: "lab", cluster }],
      users: [{ name: "lab", user: {} }],
    }),
  );
  connection = { namespace: "cvat", kubeconfig };
});
afterEach(async () => {
  await closed(server);
  await rm(folder, { recursive: true });
});

describe("pods that read a Secret", () => {
  const inputs = (digests: Record<string, string>) => ({
    ...{ connection, digests, stores: ["cvat-redis-master", "cvat-kvrocks"], timeoutMs: 20_000 },
  });
  const before = { redis: "a", kvrocks: "a", other: "a" };

  it("start anew when it changes, what serves with the password first, and nobody else", async () => {
    await restart.update("restart", inputs(before), inputs({ ...before, redis: "b" }));
    expect(patched).toEqual(["cvat-redis-master", "server"]);
    expect(bodies.join()).toMatch(/"kubectl.kubernetes.io\/restartedAt":"20/);
    expect(bodies.join()).not.toMatch(/"[ab]"/);
  });

  it("are left alone when nothing changed, at first, and for a Secret that was not watched before", async () => {
    await restart.create(inputs(before));
    await restart.update("restart", inputs({ redis: "a" }), inputs(before));
    expect(patched).toEqual([]);
    expect((await restart.diff(inputs(before), { ...inputs(before), timeoutMs: 1 })).changed).toEqual([]);
    expect((await restart.diff(inputs(before), inputs({ ...before, redis: "b" }))).changed).toEqual(["digests"]);
  });

  it("are found by every way a pod reads one", () => {
    const spec = {
      containers: [
        { name: "a", envFrom: [{ secretRef: { name: "whole" } }, {}] },
        { name: "b", env: [{}] },
      ],
      initContainers: [{ name: "i", env: [{ name: "P", valueFrom: { secretKeyRef: { name: "init", key: "k" } } }] }],
      volumes: [
        { name: "v", secret: { secretName: "files" } },
        { name: "p", projected: { sources: [{ secret: { name: "projected" } }, {}] } },
      ],
      imagePullSecrets: [{ name: "for-pulls" }],
    };
    expect(secretsReadBy(spec).sort()).toEqual(["files", "init", "projected", "whole"]);
  });
});

describe("a password that lives on in a volume", () => {
  const inputs = (password: string) => ({
    connection,
    kept: ["PostgreSQL", "Grafana"].map((keeper) => ({
      ...{ secret: `${keeper}-secret`, field: "password", password, keeper },
      ...{ key: `vision-platform:cvat.secrets.${keeper}`, command: "exec -it db -- psql" },
    })),
  });
  const check = async (password: string) => (await kept.check(inputs(password), {})) ?? [];

  it("is refused when it is another, with the way to go on and the way to change it", async () => {
    const [text = "", other = "", ...more] = await check(NEW);
    expect(more).toEqual([]);
    expect(other).toMatch(/^vision-platform:cvat\.secrets\.Grafana: Grafana keeps/);
    expect(text).toMatch(/^vision-platform:cvat\.secrets\.PostgreSQL: PostgreSQL keeps the password it was made with/);
    expect(text).toContain("| pulumi config set --path --secret 'vision-platform:cvat.secrets.PostgreSQL'");
    expect(text).toContain(
      "kubectl -n cvat exec -it db -- psql), then kubectl -n cvat delete secret PostgreSQL-secret, then up",
    );
    expect(text).not.toContain(NEW);
    expect(text).not.toContain(OLD);
  });

  it("is compared once, where the stack itself gives the keeper another", async () => {
    const of = {
      ...{ secret: "PostgreSQL-secret", field: "password", password: NEW, keeper: "PostgreSQL" },
      key: "vision-platform:cvat.secrets.postgresql",
    };
    const news = { connection, kept: [of], onlyAtFirst: true };
    const [text = ""] = (await kept.check(news, {})) ?? [];
    expect(text).toMatch(/keeps the password it was made with.*\| pulumi config set --path --secret '[^']+'$/);
    expect(await kept.check(news, { ...news, kept: [{ ...of, password: OLD }] })).toEqual([]);
  });

  it("is taken when it is the same, and where there is no Secret", async () => {
    expect(await check(OLD)).toEqual([]);
    secret = undefined;
    expect(await check(NEW)).toEqual([]);
  });
});
