import { Client } from "minio";
import { MinioAdmin, type Place } from "../../../storage/admin.ts";

/** The store that a provider is configured for. */
export interface Store {
  place: Place;
  s3: Client;
  admin: MinioAdmin;
}

/** The store by the inputs of a provider, as the SDK writes them: booleans are texts. */
export function storeOf(config: Readonly<Record<string, unknown>>): Store {
  const text = (key: string) => (typeof config[key] === "string" ? config[key] : "");
  const place: Place = {
    server: text("minioServer"),
    tls: text("minioSsl") === "true",
    region: text("minioRegion") || "us-east-1",
    user: text("minioUser"),
    password: text("minioPassword"),
  };
  const [endPoint = "", port] = place.server.split(":");
  const s3 = new Client({
    endPoint,
    ...(port !== undefined && { port: Number(port) }),
    useSSL: place.tls,
    region: place.region,
    accessKey: place.user,
    secretKey: place.password,
    retryOptions: { disableRetry: true },
  });
  return { place, s3, admin: new MinioAdmin(place) };
}

/** The code of what a store refuses: `NoSuchBucket`. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

/** What went wrong, in the words of Go's clients. */
export function wordsOf(error: unknown, { place }: Store, bucket: string): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const scheme = place.tls ? "https" : "http";
  if (codeOf(cause) === "ECONNREFUSED") {
    return `Get "${scheme}://${place.server}/${bucket}/?location=": dial tcp ${place.server}: connect: connection refused`;
  }
  return error instanceof Error ? error.message || codeOf(error) : String(error);
}

/** An error in the form of the real plugin's. (plugins.md, section 3) */
export function fatal(message: string): Error {
  return new Error(`1 error occurred:\n\t* [FATAL] ${message}\n\n`);
}
