import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import getPort from "get-port";
import { runningProcesses } from "../../../automation/processes.ts";
import { certificateOnLoopback } from "../../../automation/rehearsal/certificate.ts";
import type { EdgeObject } from "../../../components/edge/route.ts";
import { until } from "../../../components/rest/until.ts";
import { startChild } from "../../contract/sso/child.ts";
import { TOKEN_HOST, HOST } from "../../fixtures/edge/lab.ts";
import { onLoopback } from "../../fixtures/edge/backends.ts";
import { call } from "../../fixtures/edge/raw-call.ts";
import { traefikProgram } from "./program.ts";

const UP = "up.example.com";

export interface RunningEdge {
  https: number;
  http: number;
  /** Its certificate, as PEM. */
  certificate: string;
  /** Most memory that it has taken so far, in bytes. */
  memory(): number;
  close(): Promise<void>;
}

export interface EdgeOptions {
  /** Hosts of others behind the same Traefik, each with its server's port on loopback. Default: none. */
  others?: Readonly<Record<string, number>>;
  /** Keys of `transport` of its entry point for https, which are no object's. Default: Traefik's own. */
  transport?: Readonly<Record<string, unknown>>;
}

interface Rule {
  match: string;
  priority: number;
  middlewares: { name: string }[];
  services: { name: string; serversTransport?: string }[];
}

/**
 * Traefik by its file provider, which takes a Middleware and a rule of an IngressRoute as they are: what the cluster's provider makes of the
 * objects. Services are servers on loopback.
 */
export async function startTraefik(
  objects: readonly EdgeObject[],
  ports: Readonly<Record<string, number>>,
  { others = {}, transport }: EdgeOptions = {},
): Promise<RunningEdge> {
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-traefik-"));
  const [http, https] = [await getPort(), await getPort()];
  const { certificate, key } = await certificateOnLoopback({
    authority: "test",
    subject: [{ name: "commonName", value: HOST }],
    names: [HOST, TOKEN_HOST, ...Object.keys(others)],
  });
  const file = (name: string) => path.join(folder, name);
  await writeFile(file("tls.crt"), certificate);
  await writeFile(file("tls.key"), key);
  const dynamic = {
    http: configurationOf(objects, ports, others),
    tls: { certificates: [{ certFile: file("tls.crt"), keyFile: file("tls.key") }] },
  };
  // JSON is YAML, which Traefik reads.
  await writeFile(file("dynamic.yaml"), JSON.stringify(dynamic));
  const settings = {
    entryPoints: {
      web: { address: `127.0.0.1:${http}` },
      websecure: { address: `127.0.0.1:${https}`, ...(transport && { transport }) },
    },
    providers: { file: { filename: file("dynamic.yaml"), watch: false } },
    log: { level: "ERROR" },
  };
  await writeFile(file("traefik.yaml"), JSON.stringify(settings));
  const option = `--configFile=${file("traefik.yaml")}`;
  const running = startChild([await traefikProgram(), option]);
  const ended = running.ended.then(() => Promise.reject(new Error(`Traefik ended: ${running.said()}`)));
  ended.catch(() => undefined);
  const close = async () => {
    await running.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const answers = until(
      async () => call({ port: https, tls: true, lines: ["GET /ping HTTP/1.1", `Host: ${UP}`] }).catch(() => undefined),
      {
        isDone: (answer) => answer?.status === 200,
        everyMs: 100,
        withinMs: 60_000,
        late: () => new Error("Traefik does not answer"),
      },
    );
    await Promise.race([answers, ended]);
  } catch (error) {
    await close();
    throw error;
  }
  return { http, https, certificate, memory: () => mostMemory(option), close };
}

/** The high-water mark of the program that was started with an option. (proc_pid_status(5), VmHWM) */
function mostMemory(option: string): number {
  const found = runningProcesses().find(({ words }) => words.length === 2 && words[1] === option);
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${found?.pid ?? 0}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}

function configurationOf(
  objects: readonly EdgeObject[],
  ports: Readonly<Record<string, number>>,
  others: Readonly<Record<string, number>>,
) {
  const of = (kind: string) => objects.filter((object) => object.kind === kind);
  const routers = of("IngressRoute").flatMap(({ name, spec }) =>
    (spec["routes"] as Rule[]).map(({ match, priority, middlewares, services }, index) => [
      `${name}-${index}`,
      {
        rule: match,
        priority,
        middlewares: middlewares.map((one) => one.name),
        entryPoints: spec["entryPoints"],
        service: nameOf(services[0]),
        ...(spec["tls"] !== undefined && { tls: {} }),
      },
    ]),
  );
  const services = of("IngressRoute").flatMap(({ spec }) =>
    (spec["routes"] as Rule[]).map(({ services: [service] }) => [
      nameOf(service),
      {
        loadBalancer: {
          servers: [{ url: `http://127.0.0.1:${ports[service?.name ?? ""] ?? 1}` }],
          ...(service?.serversTransport !== undefined && { serversTransport: service.serversTransport }),
        },
      },
    ]),
  );
  const transports = of("ServersTransport").map(({ name, spec }) => [name, spec]);
  const aside = Object.entries(others).map(([host, port], index) => ({
    name: `other-${index}`,
    router: { rule: `Host(\`${host}\`)`, service: `other-${index}`, entryPoints: ["websecure"], tls: {} },
    service: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${port}` }] } },
  }));
  const named = (part: "router" | "service") => Object.fromEntries(aside.map((one) => [one.name, one[part]]));
  const proxy = { loadBalancer: { servers: [{ url: `http://127.0.0.1:${ports["cvat-sso-proxy"] ?? 1}` }] } };
  return {
    // Answered from the moment that the file is read.
    routers: {
      ...(Object.fromEntries(routers) as object),
      ...named("router"),
      up: { rule: `Host(\`${UP}\`)`, service: "up", tls: {} },
    },
    services: { ...(Object.fromEntries(services) as object), ...named("service"), up: proxy },
    middlewares: onLoopback(Object.fromEntries(of("Middleware").map(({ name, spec }) => [name, spec])), ports),
    ...(transports.length > 0 && { serversTransports: Object.fromEntries(transports) as object }),
  };
}

const nameOf = (service: Rule["services"][number] | undefined) =>
  [service?.name, service?.serversTransport].filter(Boolean).join("-");
