import { S3Error } from "minio";
import { UserError } from "../../components/errors.ts";
import { bucketsOf } from "../../components/storage/buckets.ts";
import type { ObjectStoreConfig } from "../../components/storage/config.ts";
import { endpointOfMachine, urlOf } from "../../components/storage/endpoint.ts";
import { accessKeyOf } from "../../components/storage/users.ts";
import { AdminError, NoAdminApi } from "./admin.ts";
import { adminClient, s3Client, type Credentials } from "./client.ts";

/** The same, when nothing answers on the port after this long. The plugin would wait a minute for each bucket. (plugins.md, 3h) */
const ANSWERS_WITHIN_MS = 10_000;
const SECTION = "vision-platform:objectStore";

export interface AskOptions {
  /** Certificates of the store's private authority, PEM. Default: public authorities alone. */
  ca?: string | undefined;
  /** How long one question may take. Default: 10 s. */
  withinMs?: number;
}

/**
 * Names of the lab's buckets that are in the store. Asked before the engine works on any of them: making one that exists fails, and a store
 * that does not answer, or not to these credentials, loses every bucket from state at a refresh. (components/storage/guards.ts)
 * @throws UserError naming the key and the cure when the store does not answer, refuses the credentials, has another region, keeps a bucket
 * from them, or has no users that could be made
 */
export async function askStore(
  config: ObjectStoreConfig,
  credentials: Credentials,
  { ca, withinMs = ANSWERS_WITHIN_MS }: AskOptions = {},
): Promise<Set<string>> {
  const url = urlOf(endpointOfMachine(config));
  const client = s3Client(config, credentials, ca);
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
      // Of the whole store, so of every bucket alike.
      if (regionTold(error) !== undefined) throw new UserError(cureOf(error, config, url), { cause: error });
      problems.push(
        isRefusal(error)
          ? `${SECTION}.${key}.name: there is a bucket \`${name}\` at ${url} that these credentials may not use. Choose another name, or have them allowed to use it.`
          : cureOf(error, config, url),
      );
    }
  }
  if (problems.length > 0) throw new UserError(problems);
  // By the very question that the plugin asks of each policy.
  const admin = adminClient(config, credentials, ca);
  await within(withinMs, admin.policy(accessKeyOf(config.userPrefix, "cvat"))).catch((error: unknown) => {
    if (error instanceof AdminError && error.code === "XMinioAdminNoSuchPolicy") return;
    throw new UserError(adminCureOf(error, config, url), { cause: error });
  });
  return existing;
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

/** The region the store says it has, where it refuses ours: in words, or in the head of an answer that has none. (MinIO: api-errors.go) */
function regionTold(error: unknown): string | undefined {
  if (!(error instanceof S3Error)) return undefined;
  const { code = "", region, amzBucketRegion } = error as S3Error & { region?: unknown; amzBucketRegion?: unknown };
  if (!["", "AuthorizationHeaderMalformed", "InvalidRegion"].includes(code)) return undefined;
  return [region, amzBucketRegion].find((one): one is string => typeof one === "string" && /^[\w-]+$/.test(one));
}

/** What a connection or the store says by a code, whose key is to be looked at, and what to do. */
interface Cure {
  codes: readonly string[];
  /** Below the section; undefined for where the store is. */
  key?: string;
  says: (url: string) => string;
}

const ADMINISTRATORS = `Give those of its administrator: pulumi config set --path --secret '${SECTION}.credentials.secretKey' (and accessKey).`;

const CURES: readonly Cure[] = [
  {
    codes: ["InvalidAccessKeyId", "SignatureDoesNotMatch"],
    key: "credentials",
    says: (url) => `the object store at ${url} does not accept them. ${ADMINISTRATORS}`,
  },
  {
    codes: ["AccessDenied", "Forbidden"],
    key: "credentials",
    says: (url) => `the object store at ${url} knows them but lets them list no buckets. ${ADMINISTRATORS}`,
  },
  {
    codes: [
      "SELF_SIGNED_CERT_IN_CHAIN",
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "UNABLE_TO_GET_ISSUER_CERT",
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "CERT_SIGNATURE_FAILURE",
    ],
    key: "ca",
    says: (url) =>
      `nobody vouches for the certificate of the object store at ${url}. Put the certificate of the authority that signed it into a file of this project, and name the file here.`,
  },
  {
    codes: ["ERR_TLS_CERT_ALTNAME_INVALID"],
    says: (url) =>
      `the certificate of the object store at ${url} is for other names. Write one of those here, or have a certificate made that has this one.`,
  },
  {
    codes: ["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"],
    says: (url) => `the certificate of the object store at ${url} is not valid today. Renew it, or set the clock.`,
  },
  {
    // OpenSSL's word for an answer that is no TLS.
    codes: ["EPROTO", "ERR_SSL_WRONG_VERSION_NUMBER"],
    says: (url) => `what answers at ${url} does not speak HTTPS. Write http://, or set .tls to false.`,
  },
];

function cureOf(error: unknown, config: ObjectStoreConfig, url: string): string {
  const region = regionTold(error);
  if (region !== undefined) {
    return `${SECTION}.region: the object store at ${url} is in the region ${region}, not in ${config.region}. Say so: pulumi config set --path '${SECTION}.region' ${region}`;
  }
  const code = codeOf(error);
  const cure = CURES.find(({ codes }) => codes.includes(code));
  if (cure) return `${SECTION}.${cure.key ?? keyOf(config)}: ${cure.says(url).replace(/\. /, ` (${code}). `)}`;
  return `${SECTION}.${keyOf(config)}: no object store answers at ${url} (${code || wordsOf(error)}). Start it, or correct the key, which must also say whether it speaks HTTPS: by https://, or by .tls.`;
}

function adminCureOf(error: unknown, config: ObjectStoreConfig, url: string): string {
  if (error instanceof AdminError) {
    return `${SECTION}.credentials: the object store at ${url} lets them make no users and policies (${error.code}). ${ADMINISTRATORS}`;
  }
  if (error instanceof NoAdminApi) {
    return `${SECTION}.${keyOf(config)}: what answers at ${url} has no admin API of MinIO's (${error.answered}), by which each application gets a user of its own. It takes MinIO, or SILO, which goes on from it; SeaweedFS, Garage and Ceph have no such API. A proxy in front of MinIO must let /minio/admin/ through.`;
  }
  return cureOf(error, config, url);
}

/** Where it is looked for. */
const keyOf = ({ endpoint }: ObjectStoreConfig) => (endpoint === undefined ? "address or .port" : "endpoint");

const codeOf = (error: unknown) =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

const wordsOf = (error: unknown) => (error instanceof Error ? error.message || error.name : String(error));
