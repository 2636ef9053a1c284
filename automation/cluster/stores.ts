import net from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import type { LabConfig } from "../../components/lab/sections.ts";
import type { LiveSecret } from "../../components/preflight/facts.ts";
import { passwordIn } from "../../components/preflight/service-secrets.ts";
import type { StoreFound, StoreLook } from "../../components/preflight/stores.ts";

const WITHIN_MS = 3_000;

/** Looks at the stores of others that CVAT's queues and chunks lie in, as far as this machine reaches them; pods may reach what it does not. */
export async function lookAtStores(
  { cvat }: LabConfig,
  secrets: readonly LiveSecret[] | undefined,
): Promise<StoreLook[]> {
  if (!cvat.enabled) return [];
  const looks = (["redis", "kvrocks"] as const).map(async (part): Promise<StoreLook[]> => {
    const { external } = cvat[part];
    if (external === undefined) return [];
    const secret = secrets?.find(({ metadata }) => metadata?.name === external.existingSecret);
    const given = cvat.secrets[part];
    const password = external.existingSecret === undefined ? given && (await valueOf(given)) : passwordIn(secret);
    const found = await memoryOf({ ...external, password: password ?? "" }).catch((error: unknown) => ({
      unread: (error as NodeJS.ErrnoException).code ?? (error as Error).message,
    }));
    return [{ part: `cvat.${part}`, place: `${external.host}:${external.port}`, found }];
  });
  return (await Promise.all(looks)).flat();
}

const valueOf = (output: pulumi.Output<string>) => new Promise<string>((resolve) => output.apply(resolve));

export interface StorePlace {
  host: string;
  port: number;
  password: string;
}

/**
 * What a store says of its memory. `INFO` is what servers of providers answer too, where `CONFIG` is taken away.
 * @throws Error where it does not answer, or not so
 */
export async function memoryOf({ host, port, password }: StorePlace): Promise<StoreFound> {
  const text = await ask(host, port, [
    ["AUTH", password],
    ["INFO", "memory"],
  ]);
  const [signedIn = ""] = text.split("\r\n");
  if (signedIn !== "+OK") throw new Error(`it does not let in: ${signedIn.replace(/^-/, "")}`);
  const limit = /^maxmemory:(\d+)\r?$/m.exec(text)?.[1];
  const policy = /^maxmemory_policy:(\S+)\r?$/m.exec(text)?.[1];
  if (limit === undefined || policy === undefined) throw new Error("it does not say what it takes");
  return { limit: Number(limit), policy };
}

/** All that a server answers to commands, the last of which is QUIT. (redis.io: RESP) */
function ask(host: string, port: number, commands: readonly string[][]): Promise<string> {
  const written = [...commands, ["QUIT"]].map(
    (words) => `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`,
  );
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port });
    const late = setTimeout(() => socket.destroy(new Error("no answer in time")), WITHIN_MS);
    const chunks: Buffer[] = [];
    socket.on("connect", () => socket.write(written.join("")));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => {
      clearTimeout(late);
      resolve(Buffer.concat(chunks).toString());
    });
  });
}
