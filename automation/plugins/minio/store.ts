import { readFileSync } from "node:fs";
import path from "node:path";
import type { Client } from "minio";
import { MinioAdmin } from "../../../components/storage/client/admin.ts";
import { placeOf, type Place, urlOf } from "../../../components/storage/client/place.ts";
import { s3Of } from "../../../components/storage/client/s3.ts";

/** The store that a provider is configured for. */
export interface Store {
  place: Place;
  s3: Client;
  admin: MinioAdmin;
}

/** @param folder to which the path of an authority is relative: that in which the engine starts its plugins (terraform-provider-minio: new_client.go) */
export function storeOf(config: Readonly<Record<string, unknown>>, folder: string): Store {
  const file = config["minioCacertFile"];
  // Trusted besides the machine's own.
  const ca = typeof file === "string" && file !== "" ? readFileSync(path.resolve(folder, file), "utf8") : undefined;
  const place = { ...placeOf(config), ca };
  return { place, s3: s3Of(place), admin: new MinioAdmin(place) };
}

/** The code of what a store refuses: `NoSuchBucket`. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

/** What went wrong, in the words of Go's clients. */
export function wordsOf(error: unknown, { place }: Store, bucket: string): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (codeOf(cause) === "ECONNREFUSED") {
    return `Get "${urlOf(place)}/${bucket}/?location=": dial tcp ${place.server}: connect: connection refused`;
  }
  return error instanceof Error ? error.message || codeOf(error) : String(error);
}

/** An error in the form of the real plugin's. (plugins.md, section 3) */
export function fatal(message: string): Error {
  return new Error(`1 error occurred:\n\t* [FATAL] ${message}\n\n`);
}
