import { UserError } from "../../../components/program/errors.ts";
import { placeIn, rawCall } from "./raw.ts";
import type { CvatSpace } from "./space.ts";

const TUS = { "Tus-Resumable": "1.0.0" };

/**
 * Sends a file into a task that has no data yet, by TUS, as CVAT's pages and its SDK do. It lies in CVAT's own claim then, until the task is
 * deleted; data of the task it becomes by a call that says so. (engine/mixins.py, UploadMixin; recorded of 2.64.0)
 * @param place the task's, below `/api/`: `tasks/3`
 * @throws CvatError; UserError where CVAT did not take all of it
 */
export async function uploadTo(
  { client, organization }: CvatSpace,
  place: string,
  { name, bytes }: { name: string; bytes: Buffer },
  signal?: AbortSignal,
): Promise<void> {
  const headers = { ...TUS, "X-Organization": organization };
  const { headers: begun } = await rawCall(client, {
    method: "POST",
    // With the slash alone, as everywhere in the SDK. (cvat_sdk/core/uploading.py)
    place: `/api/${place}/data/`,
    headers: {
      ...headers,
      "Upload-Length": String(bytes.length),
      "Upload-Metadata": `filename ${Buffer.from(name).toString("base64")}`,
    },
    signal,
  });
  const to = begun.get("location");
  if (to === null) throw new UserError(`CVAT says not where ${name} is to be sent; is the address right?`);
  const { headers: taken } = await rawCall(client, {
    method: "PATCH",
    place: placeIn(to, client),
    headers: { ...headers, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0" },
    body: bytes,
    signal,
  });
  const arrived = Number(taken.get("upload-offset"));
  if (arrived !== bytes.length) throw new UserError(`CVAT took ${arrived} of ${bytes.length} bytes of ${name}.`);
}
