import { readFileSync } from "node:fs";
import { putBytes } from "../bucket.ts";
import type { StoredRequest } from "../store.ts";
import { Failure, type Work } from "../workers.ts";

/** A file that was made, and where it is to go. */
export interface Made {
  file: string;
  /** Where it is fetched, below `/api/`. */
  place: string;
  /** Name the caller has for CVAT. */
  host: string;
  /** Undefined: it is fetched. */
  storage?: number;
  /** Its key there. */
  filename: string;
}

/** Puts an export where it was asked for. (cvat-rest-measured.md 6.1, 6.2) */
export async function deliver(
  { state, config }: Pick<Work, "state" | "config">,
  { id, parameters }: StoredRequest,
  { file, place, host, storage: number, filename }: Made,
): Promise<Partial<StoredRequest>> {
  if (number === undefined)
    return {
      result_url: `http://${host}/api/${place}?rq_id=${encodeURIComponent(id)}`,
      parameters: { ...parameters, file },
    };
  const storage = state.storages.find((one) => one.id === number);
  if (!storage || !(await putBytes(config, storage, filename, readFileSync(file))))
    throw new Failure(
      "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the PutObject operation: Access Denied.",
    );
  return {};
}
