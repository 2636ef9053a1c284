import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import getPort from "get-port";
import { onPath } from "../../../automation/tools/found.ts";
import { certificateOnLoopback } from "../../../automation/rehearsal/certificate.ts";
import type { EdgeObject } from "../../../components/edge/route.ts";
import { until } from "../../../components/rest/until.ts";
import { onLoopback } from "../../fixtures/edge/backends.ts";
import { HOST, TOKEN_HOST } from "../../fixtures/edge/lab.ts";
import { call } from "../../fixtures/edge/raw-call.ts";
import { startChild } from "../sso/child.ts";

/** nginx of this machine; undefined where there is none. */
export const NGINX = [...onPath("nginx", process.env), ...onPath("nginx", { PATH: "/usr/sbin" })][0];

interface Path {
  path: string;
  pathType: "Exact" | "Prefix";
  backend: { service: { name: string } };
}

export interface RunningNginx {
  port: number;
  close(): Promise<void>;
}

/**
 * nginx with what the ingress-nginx controller writes of our Ingresses: a location for each path, two for a prefix; who is asked as a request
 * beside it, of whose answer the named headers are taken. (ingress-nginx: rootfs/etc/nginx/template/nginx.tmpl; sign-in-parts.md 4)
 */
export async function startNginx(
  objects: readonly EdgeObject[],
  ports: Readonly<Record<string, number>>,
): Promise<RunningNginx> {
  if (NGINX === undefined) throw new Error("nginx is not there");
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-nginx-"));
  const port = await getPort();
  const { certificate, key } = await certificateOnLoopback({
    authority: "test",
    subject: [{ name: "commonName", value: HOST }],
    names: [HOST, TOKEN_HOST],
  });
  await writeFile(path.join(folder, "tls.crt"), certificate);
  await writeFile(path.join(folder, "tls.key"), key);
  await writeFile(path.join(folder, "nginx.conf"), configuration(objects, ports, { folder, port }));
  const running = startChild([NGINX, "-p", folder, "-c", path.join(folder, "nginx.conf")]);
  const ended = running.ended.then(() => Promise.reject(new Error(`nginx ended: ${running.said()}`)));
  ended.catch(() => undefined);
  const close = async () => {
    await running.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const look = () =>
      call({ port, tls: true, lines: ["GET /up HTTP/1.1", "Host: up.example.com"] }).catch(() => undefined);
    const answers = until(look, {
      isDone: (answer) => answer?.status === 418,
      everyMs: 50,
      withinMs: 30_000,
      late: () => new Error("nginx does not answer"),
    });
    await Promise.race([answers, ended]);
  } catch (error) {
    await close();
    throw error;
  }
  return { port, close };
}

function configuration(
  objects: readonly EdgeObject[],
  ports: Readonly<Record<string, number>>,
  { folder, port }: { folder: string; port: number },
): string {
  const locations = new Map<string, string[]>();
  objects.forEach(({ annotations = {}, spec }, number) => {
    const of = (name: string) => annotations[`nginx.ingress.kubernetes.io/${name}`];
    for (const { host, http } of spec["rules"] as { host: string; http: { paths: Path[] } }[]) {
      const lines = http.paths.flatMap((one) => locationsOf(one, number, of, ports));
      locations.set(host, [...(locations.get(host) ?? []), ...lines, ...besides(number, of, ports)]);
    }
  });
  const servers = [...locations].map(([host, lines]) => server(port, host, lines));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  return `
daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr error;
events {}
http {
  access_log off; ${temporary.join(" ")}
  ssl_certificate ${folder}/tls.crt; ssl_certificate_key ${folder}/tls.key;
  ${server(port, "up.example.com", ["location / { return 418; }"])}
  ${servers.join("\n")}
}
`;
}

function server(port: number, host: string, lines: readonly string[]): string {
  return `server { listen 127.0.0.1:${port} ssl http2; server_name ${host};\n${lines.join("\n")}\n}`;
}

type Annotation = (name: string) => string | undefined;

function locationsOf(
  { path: at, pathType, backend }: Path,
  number: number,
  of: Annotation,
  ports: Readonly<Record<string, number>>,
): string[] {
  const header = of("auth-response-headers") ?? "";
  const variable = `$answered_${number}`;
  const body = `
    auth_request /_external-auth-${number};
    auth_request_set ${variable} $upstream_http_${header.toLowerCase().replaceAll("-", "_")};
    proxy_set_header '${header}' ${variable};
    ${of("auth-signin") === undefined ? "" : `error_page 401 = @signin-${number};`}
    client_max_body_size ${of("proxy-body-size") ?? "1m"};
    proxy_request_buffering ${of("proxy-request-buffering") ?? "on"};
    proxy_read_timeout ${of("proxy-read-timeout") ?? "60"}s;
    proxy_buffer_size ${of("proxy-buffer-size") ?? "4k"}; proxy_buffers 4 16k; proxy_busy_buffers_size 16k;
    proxy_http_version 1.1; proxy_set_header Host $http_host;
    proxy_pass http://127.0.0.1:${ports[backend.service.name] ?? 1};`;
  const matches = pathType === "Exact" ? [`= ${at}`] : at === "/" ? ["/"] : [`${at}/`, `= ${at}`];
  return matches.map((match) => `  location ${match} {${body}\n  }`);
}

function besides(number: number, of: Annotation, ports: Readonly<Record<string, number>>): string[] {
  const signin = of("auth-signin");
  return [
    `  location = /_external-auth-${number} {
    internal; proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
    proxy_http_version 1.1; proxy_set_header Host 127.0.0.1; client_max_body_size 0;
    proxy_buffer_size ${of("proxy-buffer-size") ?? "4k"}; proxy_buffers 4 16k; proxy_busy_buffers_size 16k;
    proxy_pass ${onLoopback(of("auth-url") ?? "", ports)};
  }`,
    ...(signin === undefined
      ? []
      : [
          `  location @signin-${number} { internal; return 302 ${signin.replace("$escaped_request_uri", "$request_uri")}; }`,
        ]),
  ];
}
