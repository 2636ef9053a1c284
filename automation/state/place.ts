import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { UserError } from "../../components/program/errors.ts";
import type { S3Place } from "../../components/storage/client/s3.ts";

/** Where an engine's backend keeps its files. */
export type StatePlace =
  | { kind: "file"; folder: string }
  | {
      kind: "s3";
      bucket: string;
      /** What every name begins with: ``, or `team/`. */
      prefix: string;
      s3: S3Place;
    };

/** What the engine's S3 client reads of its environment, and this program too. (aws-sdk-go-v2: config/env_config.go) */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The place that a backend's URL names, read as the engine reads it. (pulumi: pkg/backend/diy/backend.go, massageBlobPath; gocloud.dev:
 * blob/s3blob, aws)
 * @param from the folder that a relative path begins in
 * @throws UserError for a backend whose files this program cannot look into, and for keys that are missing
 */
export async function placeOfState(url: string, env: Environment, from: string): Promise<StatePlace> {
  if (url.startsWith("file://")) return { kind: "file", folder: folderOf(url, from) };
  if (url.startsWith("s3://")) return s3Of(url, env);
  const what = /^https?:/.test(url)
    ? `This stack's state is in Pulumi Cloud or a service like it (${new URL(url).host}), which keeps the history of each update itself: see its web pages, or run pulumi stack history and pulumi stack export --version N.`
    : `This stack's state is in a backend whose files are not read here (${url.split(":")[0] ?? ""}): look into it with the tools of that store. pulumi stack history tells the updates.`;
  throw new UserError(what, { exitCode: 2 });
}

function folderOf(url: string, from: string): string {
  const [raw = ""] = url.slice("file://".length).split("?");
  const name = decodeURIComponent(raw);
  if (name === "~") return homedir();
  return name.startsWith("~") ? path.join(homedir(), name.slice(2)) : path.resolve(from, name);
}

async function s3Of(url: string, env: Environment): Promise<StatePlace> {
  const { host: bucket, pathname, searchParams } = new URL(url);
  const asked = (...names: string[]) => names.map((name) => searchParams.get(name)).find((value) => value);
  const isTrue = (...names: string[]) => /^(1|t|true)$/i.test(asked(...names) ?? "");
  const named = asked("endpoint") ?? env["AWS_ENDPOINT_URL_S3"] ?? env["AWS_ENDPOINT_URL"];
  // A store of one's own has one, and most take any.
  const region =
    asked("region") ??
    env["AWS_REGION"] ??
    env["AWS_DEFAULT_REGION"] ??
    (named === undefined ? undefined : "us-east-1");
  const user = env["AWS_ACCESS_KEY_ID"] ?? env["AWS_ACCESS_KEY"];
  const password = env["AWS_SECRET_ACCESS_KEY"] ?? env["AWS_SECRET_KEY"];
  const missing = [
    ...(region ? [] : ["the store's region: &region=us-east-1 in PULUMI_BACKEND_URL, or AWS_REGION"]),
    ...(user && password ? [] : ["its keys: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (a profile is not read here)"]),
  ];
  if (!region || !user || !password)
    throw new UserError(`To look at the states in bucket ${bucket}, set ${missing.join(", and ")}.`, { exitCode: 2 });
  const scheme = isTrue("disableSSL", "disable_https") ? "http" : "https";
  const endpoint = new URL(
    named === undefined
      ? `https://s3.${region}.amazonaws.com`
      : /^https?:/.test(named)
        ? named
        : `${scheme}://${named}`,
  );
  const below = pathname.replace(/^\/+/, "");
  const bundle = env["AWS_CA_BUNDLE"];
  return {
    kind: "s3",
    bucket,
    prefix: below === "" || below.endsWith("/") ? below : `${below}/`,
    s3: {
      server: endpoint.host,
      tls: endpoint.protocol === "https:",
      region,
      user,
      password,
      pathStyle: isTrue("s3ForcePathStyle", "use_path_style"),
      sessionToken: env["AWS_SESSION_TOKEN"],
      ...(bundle && { ca: await readFile(bundle, "utf8") }),
    },
  };
}
