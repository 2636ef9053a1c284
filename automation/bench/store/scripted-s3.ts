import { createHash } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";
import aws4 from "aws4";

/** What a fault does instead of the answer. */
export type Fault =
  | { status: number; code?: string; headers?: Record<string, string> }
  /** The line is cut: before the answer, or in the middle of its body. */
  | "cut"
  | "cut body";

/** A call as a script sees it. */
export interface Seen {
  method: string;
  key: string;
  /** Path and query as they came. */
  url: string;
  query: URLSearchParams;
  headers: http.IncomingHttpHeaders;
  bytes: number;
}

export interface Script {
  /** What lies in it besides what is put: a count, whose keys are made up as they are listed. */
  many?: { count: number; prefix: string };
  /** Undefined: the call is done. Asked for each. */
  fault?: (seen: Seen) => Fault | undefined;
  /** Changes what is put, as a broken disk does. */
  spoil?: (body: Buffer) => Buffer;
}

export interface ScriptedS3 {
  server: string;
  objects: Map<string, Buffer>;
  /** Unfinished uploads by id. */
  uploads: Map<string, { key: string; parts: Map<number, Buffer> }>;
  etags: Map<string, string>;
  seen: Seen[];
  close(): Promise<void>;
}

/** The one access key it takes, and its secret. */
export const SCRIPTED_USER = "person";
export const SCRIPTED_SECRET = "canary-of-the-secret";

const md5 = (bytes: Uint8Array, encoding: "hex" | "base64" = "hex") => createHash("md5").update(bytes).digest(encoding);
const made = new Date("2026-11-01T10:00:00Z");
const PAGE = 1000;

/**
 * An S3 store on loopback that does what a script says, for faults that a real one has seldom and lists that it has for nobody. It keeps
 * what is put in memory.
 */
export async function scriptedS3({ many, fault, spoil = (body) => body }: Script = {}): Promise<ScriptedS3> {
  const objects: ScriptedS3["objects"] = new Map();
  const uploads: ScriptedS3["uploads"] = new Map();
  const etags: ScriptedS3["etags"] = new Map();
  const seen: Seen[] = [];
  let ids = 0;

  const answer = (call: Seen, body: Buffer): Answer => {
    const { method, key, query, headers } = call;
    const user = /Credential=([^/]+)\//.exec(headers.authorization ?? "")?.[1];
    if (user !== SCRIPTED_USER) return refusal(403, user === undefined ? "AccessDenied" : "InvalidAccessKeyId");
    if (!isSigned(call)) return refusal(403, "SignatureDoesNotMatch");
    const sum = headers["content-md5"];
    if (sum !== undefined && sum !== md5(body, "base64")) return refusal(400, "BadDigest");
    if (key === "") {
      if (method === "GET" && query.has("uploads")) return xml("ListMultipartUploadsResult", listUploads(query));
      if (method === "GET") return xml("ListBucketResult", listPage(query));
      for (const [, name = ""] of body.toString().matchAll(/<Key>(.*?)<\/Key>/gs)) objects.delete(unescaped(name));
      return xml("DeleteResult", "");
    }
    const upload = uploads.get(query.get("uploadId") ?? "");
    if (query.has("uploadId")) {
      if (upload === undefined) return refusal(404, "NoSuchUpload");
      if (method === "PUT") {
        const part = spoil(body);
        upload.parts.set(Number(query.get("partNumber")), part);
        return { status: 200, headers: { ETag: `"${md5(part)}"` } };
      }
      if (method === "DELETE") {
        uploads.delete(query.get("uploadId") ?? "");
        return { status: 204 };
      }
      if (method === "GET") return xml("ListPartsResult", listParts(upload));
      return complete(key, query.get("uploadId") ?? "", upload, body);
    }
    if (method === "POST") {
      const id = `upload-${++ids}`;
      uploads.set(id, { key, parts: new Map() });
      return xml("InitiateMultipartUploadResult", `<UploadId>${id}</UploadId>`);
    }
    if (method === "PUT") {
      const bytes = spoil(body);
      objects.set(key, bytes);
      etags.set(key, md5(bytes));
      return { status: 200, headers: { ETag: `"${md5(bytes)}"` } };
    }
    return read(call);
  };

  const read = ({ method, key, headers }: Seen): Answer => {
    const bytes = objects.get(key);
    const etag = etags.get(key) ?? "";
    if (bytes === undefined) return refusal(404, "NoSuchKey");
    const wanted = headers["if-match"];
    if (wanted !== undefined && wanted !== `"${etag}"`) return refusal(412, "PreconditionFailed");
    const head = { ETag: `"${etag}"`, "Last-Modified": made.toUTCString() };
    if (method === "HEAD") return { status: 200, headers: { ...head, "Content-Length": String(bytes.length) } };
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? "") ?? [];
    if (from === undefined) return { status: 200, headers: head, body: bytes };
    if (Number(from) >= bytes.length) return refusal(416, "InvalidRange");
    return { status: 206, headers: head, body: bytes.subarray(Number(from), Number(to) + 1) };
  };

  const complete = (key: string, id: string, { parts }: { parts: Map<number, Buffer> }, body: Buffer): Answer => {
    const numbers = [...body.toString().matchAll(/<PartNumber>(\d+)</g)].map(([, number]) => Number(number));
    const found = numbers.map((number) => parts.get(number) ?? Buffer.alloc(0));
    const told = [...body.toString().matchAll(/<ETag>(\w+)</g)].map(([, etag]) => etag);
    if (found.some((part, at) => md5(part) !== told[at])) return refusal(400, "InvalidPart");
    const etag = `${md5(Buffer.concat(found.map((part) => createHash("md5").update(part).digest())))}-${found.length}`;
    objects.set(key, Buffer.concat(found));
    etags.set(key, etag);
    uploads.delete(id);
    return xml("CompleteMultipartUploadResult", `<ETag>&#34;${etag}&#34;</ETag>`);
  };

  const listUploads = (query: URLSearchParams) =>
    [...uploads]
      .filter(([, { key }]) => key.startsWith(query.get("prefix") ?? ""))
      .map(
        ([id, { key }]) =>
          `<Upload><Key>${escapedXml(key)}</Key><UploadId>${id}</UploadId><Initiated>${made.toISOString()}</Initiated></Upload>`,
      )
      .join("");

  const listParts = ({ parts }: { parts: Map<number, Buffer> }) =>
    `<IsTruncated>false</IsTruncated>` +
    [...parts]
      .map(([n, part]) => `<Part><PartNumber>${n}</PartNumber><ETag>&#34;${md5(part)}&#34;</ETag></Part>`)
      .join("");

  const listPage = (query: URLSearchParams): string => {
    const prefix = query.get("prefix") ?? "";
    const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
    const rows =
      many === undefined
        ? [...objects.keys()]
            .filter((key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0)
            .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        : madeUp(many, after);
    const page = rows.slice(0, PAGE);
    const contents = page.map((key) => {
      const etag = etags.get(key) ?? md5(Buffer.from(key));
      const size = objects.get(key)?.length ?? 20_000;
      const name = encodeURIComponent(key).replaceAll("%20", "+").replaceAll("%2F", "/");
      return `<Contents><Key>${name}</Key><LastModified>${made.toISOString()}</LastModified><ETag>&#34;${etag}&#34;</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
    });
    const isTruncated = rows.length > PAGE;
    const next = isTruncated ? `<NextContinuationToken>${escapedXml(page.at(-1) ?? "")}</NextContinuationToken>` : "";
    return `<EncodingType>url</EncodingType><IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join("")}`;
  };

  const serve = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    // Not by URL, which takes dots out of a path.
    const [path = "", words = ""] = (request.url ?? "").split("?");
    const key = decodeURIComponent(path.split("/").slice(2).join("/"));
    const call: Seen = {
      method: request.method ?? "",
      key,
      url: request.url ?? "",
      query: new URLSearchParams(words),
      headers: request.headers,
      bytes: body.length,
    };
    if (many === undefined) seen.push(call);
    const wrong = fault?.(call);
    if (wrong === "cut") {
      request.socket.destroy();
      return;
    }
    const good = answer(call, body);
    const {
      status,
      headers = {},
      body: sent = Buffer.alloc(0),
    } = typeof wrong === "object" ? refusal(wrong.status, wrong.code, wrong.headers) : good;
    response.writeHead(status, { "Content-Length": String(sent.length), ...headers });
    if (wrong === "cut body") {
      response.write(sent.subarray(0, Math.floor(sent.length / 2)), () => request.socket.destroy());
      return;
    }
    response.end(call.method === "HEAD" ? undefined : sent);
  };

  const server = http.createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    server: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    uploads,
    etags,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** Whether the signature is of this call, with the time and the headers that it names. */
function isSigned({ method, url, headers }: Seen): boolean {
  const told = headers.authorization ?? "";
  const names = /SignedHeaders=([^,]+)/.exec(told)?.[1]?.split(";") ?? [];
  const signed = Object.fromEntries(names.map((name) => [name, String(headers[name] ?? "")]));
  // The signer leaves out some headers that others sign: `range`, for one, which `minio` signs.
  const extraHeadersToInclude = Object.fromEntries(names.map((name) => [name, true]));
  const request = { service: "s3", region: "us-east-1", method, path: url, headers: signed, extraHeadersToInclude };
  const again = aws4.sign(request, { accessKeyId: SCRIPTED_USER, secretAccessKey: SCRIPTED_SECRET });
  return again.headers?.["Authorization"] === told;
}

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: Buffer;
}

function refusal(status: number, code = "", headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers,
    body: Buffer.from(code === "" ? "" : `<Error><Code>${code}</Code><Message>so it is</Message></Error>`),
  };
}

function xml(name: string, inner: string): Answer {
  return { status: 200, body: Buffer.from(`<?xml version="1.0"?><${name}>${inner}</${name}>`) };
}

/** Two pages' worth of keys behind one, of so many that nobody holds them. */
function madeUp({ count, prefix }: { count: number; prefix: string }, after: string): string[] {
  const begin = after === "" ? 0 : Number(/(\d+)\.jpg$/.exec(after)?.[1] ?? "-1") + 1;
  const keyOf = (at: number) =>
    `${prefix}${String(Math.floor(at / 1000)).padStart(4, "0")}/${String(at).padStart(7, "0")}.jpg`;
  return Array.from({ length: Math.max(0, Math.min(PAGE + 1, count - begin)) }, (_, at) => keyOf(begin + at));
}

const escapedXml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const unescaped = (text: string) => text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
