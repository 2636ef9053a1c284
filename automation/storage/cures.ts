import { S3Error } from "minio";
import { AdminError, NoAdminApi } from "../../components/storage/client/admin.ts";
import { urlOf, type Place } from "../../components/storage/client/place.ts";
import type { ObjectStoreConfig } from "../../components/storage/object-store-config.ts";

/** What keeps a store from being asked, or from being worked on. */
export interface Trouble {
  /** Which key it is about: below the section, or `where` for those that say where the store is. */
  about: "where" | "credentials" | "ca" | "region";
  /** What is the matter, without its full stop. */
  what: string;
  /** What to do about it in the stack file, as sentences. */
  cure: string;
}

/** How a trouble is told to a person. */
export type Cures = (trouble: Trouble) => string;

const SECTION = "vision-platform:objectStore";

/** For a store that is asked by the stack file's keys. */
export function curesOfFile({ endpoint }: Pick<ObjectStoreConfig, "endpoint">): Cures {
  const where = endpoint === undefined ? "address or .port" : "endpoint";
  return ({ about, what, cure }) => `${SECTION}.${about === "where" ? where : about}: ${what}. ${cure}`;
}

/**
 * For a store that the engine works on by what its last run left in state, whatever the stack file says.
 * @param way how to go on without the store
 */
export function curesOfState(way: string): Cures {
  return ({ about, what }) =>
    about === "credentials"
      ? `This stack has users and policies in an object store, which it works on with the keys of the last up: ${what}. Give the right ones in ${SECTION}.credentials, run up, then this again. ${way}`
      : `This stack has users and policies in an object store, which it works on as the last up left it: ${what}. Start it, and run this again; if ${SECTION} says by now where it is, run up first. ${way}`;
}

interface Row extends Pick<Trouble, "about" | "cure"> {
  /** What a connection or the store says it by. */
  codes: readonly string[];
  what: (url: string) => string;
}

const ADMINISTRATORS = `Give those of its administrator: pulumi config set --path --secret '${SECTION}.credentials.secretKey' (and accessKey).`;

const ROWS: readonly Row[] = [
  {
    codes: ["InvalidAccessKeyId", "SignatureDoesNotMatch"],
    about: "credentials",
    what: (url) => `the object store at ${url} does not accept them`,
    cure: ADMINISTRATORS,
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
    about: "ca",
    what: (url) => `nobody vouches for the certificate of the object store at ${url}`,
    cure: "Put the certificate of the authority that signed it into a file of this project, and name the file here.",
  },
  {
    codes: ["ERR_TLS_CERT_ALTNAME_INVALID"],
    about: "where",
    what: (url) => `the certificate of the object store at ${url} is for other names`,
    cure: "Write one of those here, or have a certificate made that has this one.",
  },
  {
    codes: ["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"],
    about: "where",
    what: (url) => `the certificate of the object store at ${url} is not valid today`,
    cure: "Renew it, or set the clock.",
  },
  {
    // OpenSSL's word for an answer that is no TLS.
    codes: ["EPROTO", "ERR_SSL_WRONG_VERSION_NUMBER"],
    about: "where",
    what: (url) => `what answers at ${url} does not speak HTTPS`,
    cure: "Write http://, or set .tls to false.",
  },
];

/**
 * What an error of a question is about.
 * @param refused what the store lets these credentials not do, when it is that: `list no buckets`
 */
export function troubleOf(error: unknown, { region: ours, ...place }: Place, refused: string): Trouble {
  const url = urlOf(place);
  const region = regionTold(error);
  if (region !== undefined) {
    const what = `the object store at ${url} is in the region ${region}, not in ${ours}`;
    return { about: "region", what, cure: `Say so: pulumi config set --path '${SECTION}.region' ${region}` };
  }
  if (error instanceof NoAdminApi) {
    const what = `what answers at ${url} has no admin API of MinIO's (${error.answered}), by which each application gets a user of its own`;
    const cure =
      "It takes MinIO, or SILO, which goes on from it; SeaweedFS, Garage and Ceph have no such API. A proxy in front of MinIO must let /minio/admin/ through.";
    return { about: "where", what, cure };
  }
  const code = codeOf(error);
  const row = ROWS.find(({ codes }) => codes.includes(code));
  if (row) return { about: row.about, what: `${row.what(url)} (${code})`, cure: row.cure };
  if (isRefusal(error)) {
    const what = `the object store at ${url} knows them but lets them ${refused} (${code})`;
    return { about: "credentials", what, cure: ADMINISTRATORS };
  }
  return {
    about: "where",
    what: `no object store answers at ${url} (${code || wordsOf(error)})`,
    cure: "Start it, or correct the key, which must also say whether it speaks HTTPS: by https://, or by .tls.",
  };
}

/** The region the store says it has, where it refuses ours: in words, or in the head of an answer that has none. (MinIO: api-errors.go) */
export function regionTold(error: unknown): string | undefined {
  if (!(error instanceof S3Error)) return undefined;
  const { code = "", region, amzBucketRegion } = error as S3Error & { region?: unknown; amzBucketRegion?: unknown };
  if (!["", "AuthorizationHeaderMalformed", "InvalidRegion"].includes(code)) return undefined;
  return [region, amzBucketRegion].find((one): one is string => typeof one === "string" && /^[\w-]+$/.test(one));
}

export function isRefusal(error: unknown): boolean {
  return (
    (error instanceof S3Error || error instanceof AdminError) &&
    ["AccessDenied", "Forbidden"].includes(error.code ?? "")
  );
}

const codeOf = (error: unknown) =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

const wordsOf = (error: unknown) => (error instanceof Error ? error.message || error.name : String(error));
