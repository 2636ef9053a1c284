import { createHash } from "node:crypto";
import { serve, type OwnServer } from "./own-server.ts";

/** Takes anything whole, and says how much it was and what: its answer begins as late as the query asks. */
export const startUploads = (): Promise<OwnServer> =>
  serve((request, response) => {
    const { searchParams } = new URL(request.url ?? "/", "http://uploads");
    const digest = createHash("sha256");
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      digest.update(chunk);
      bytes += chunk.length;
    });
    request.on("error", () => response.destroy());
    request.on("end", () => {
      setTimeout(
        () => response.end(JSON.stringify({ bytes, sha256: digest.digest("hex") })),
        Number(searchParams.get("late") ?? 0) * 1000,
      );
    });
  });
