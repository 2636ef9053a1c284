import { Client, S3Error } from "minio";
import { UserError } from "../../components/errors.ts";
import { bucketsOf } from "../../components/storage/buckets.ts";
import type { ObjectStoreConfig } from "../../components/storage/config.ts";

/** Keys of an administrator of the store, in clear. */
export interface Credentials {
  accessKey: string;
  secretKey: string;
}

/** The same, when nothing answers on the port after this long. The plugin would wait a minute for each bucket. (plugins.md, 3h) */
const ANSWERS_WITHIN_MS = 10_000;
const SECTION = "vision-platform:objectStore";

/**
 * Names of the lab's buckets that are in the store. Asked before the engine works on any of them: making one that exists fails, and a store
 * that does not answer, or not to these credentials, loses every bucket from state at a refresh. (components/storage/guards.ts)
 * @throws UserError naming the key and the cure when the store does not answer, refuses the credentials, or keeps a bucket from them
 */
export async function askStore(
  config: ObjectStoreConfig,
  credentials: Credentials,
  withinMs = ANSWERS_WITHIN_MS,
): Promise<Set<string>> {
  const endpoint = config.endpoint ?? `${config.address}:${config.port}`;
  const url = `${config.tls ? "https" : "http"}://${endpoint}`;
  const client = clientOf(endpoint, config, credentials);
  await within(withinMs, client.listBuckets()).catch((error: unknown) => {
    throw new UserError(cureOf(error, config, url), { cause: error });
  });
  const existing = new Set<string>();
  const problems: string[] = [];
  for (const { name, key } of bucketsOf(config)) {
    // Of each by name: a list shows buckets that one may not use, and may leave out some that are there.
    try {
      if (await within(withinMs, client.bucketExists(name))) existing.add(name);
    } catch (error) {
      problems.push(
        isRefusal(error)
          ? `${SECTION}.${key}.name: there is a bucket \`${name}\` at ${url} that these credentials may not use. Choose another name, or have them allowed to use it.`
          : cureOf(error, config, url),
      );
    }
  }
  if (problems.length > 0) throw new UserError(problems);
  return existing;
}

function clientOf(endpoint: string, { tls, region }: ObjectStoreConfig, credentials: Credentials): Client {
  const [endPoint = "", port] = endpoint.split(":");
  return new Client({
    endPoint,
    port: Number(port),
    useSSL: tls,
    region,
    ...credentials,
    retryOptions: { disableRetry: true },
  });
}

class NoAnswer extends Error {}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new NoAnswer(`no answer within ${milliseconds / 1000} s`));
    }, milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const isRefusal = (error: unknown) =>
  error instanceof S3Error && ["AccessDenied", "Forbidden"].includes(error.code ?? "");

const WRONG_KEYS = ["InvalidAccessKeyId", "SignatureDoesNotMatch"];

function cureOf(error: unknown, config: ObjectStoreConfig, url: string): string {
  const code = error instanceof S3Error ? (error.code ?? "") : "";
  const set = `pulumi config set --path --secret '${SECTION}.credentials.secretKey'`;
  if (WRONG_KEYS.includes(code)) {
    return `${SECTION}.credentials: the object store at ${url} does not accept them (${code}). Give those of its administrator: ${set} (and accessKey).`;
  }
  if (isRefusal(error)) {
    return `${SECTION}.credentials: the object store at ${url} knows them but lets them list no buckets. Give those of its administrator: ${set} (and accessKey).`;
  }
  const key = config.endpoint === undefined ? "address or .port" : "endpoint";
  const reason = code === "" ? wordsOf(error) : code;
  return `${SECTION}.${key}: no object store answers at ${url} (${reason}). Start it, or correct the key; .tls must say whether it speaks HTTPS.`;
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message || error.name;
}
