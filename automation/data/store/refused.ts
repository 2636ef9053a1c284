import { UserError } from "../../../components/program/errors.ts";
import { whyNoAnswer } from "../../../components/rest/no-answer.ts";
import { urlOf, type Place } from "../../../components/storage/client/place.ts";

/** What passes when the same is asked a little later. (S3: error responses) */
const PASSING_CODES = [
  "SlowDown",
  "SlowDownRead",
  "SlowDownWrite",
  "InternalError",
  "ServiceUnavailable",
  "RequestTimeout",
  "BadDigest",
];
const PASSING = [408, 429, 500, 502, 503, 504];
/** What does not: the certificate, a name nobody knows, nobody on the port. */
const LASTING = /CERT|SIGNATURE|ERR_TLS|EPROTO|ERR_SSL|ENOTFOUND|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/;

export interface RefusedBy {
  /** Undefined when no answer came. */
  status?: number;
  /** As the S3 API has it: `AccessDenied`. */
  code?: string;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** A call that the store did not do, in one sentence with its cure. */
export class Refused extends UserError {
  readonly status: number | undefined;
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(sentence: string, { status, code = "", retryAfterMs, cause }: RefusedBy = {}) {
    super(sentence, { cause });
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same may go through a little later. */
  get mayPass(): boolean {
    if (this.status === undefined) return !LASTING.test(codeOf(this.cause));
    return PASSING.includes(this.status) || PASSING_CODES.includes(this.code);
  }

  /** Whether there is no such object. */
  get isMissing(): boolean {
    return this.status === 404 && this.code !== "NoSuchBucket";
  }
}

export interface Trouble {
  place: Place;
  bucket: string;
  key?: string | undefined;
  method?: string;
  status?: number;
  code?: string;
  message?: string;
  /** Why no answer came. */
  error?: unknown;
}

const DOES: Readonly<Record<string, string>> = {
  GET: "read",
  HEAD: "read",
  PUT: "write",
  POST: "write",
  DELETE: "remove",
};

/** What is the matter and what to do about it. Never holds a secret: of a key only its name. */
export function sentenceOf(trouble: Trouble): string {
  const { place, bucket, key, method = "", status, code = "", message = "", error } = trouble;
  const url = urlOf(place);
  const what = key === undefined ? `bucket ${bucket}` : `${bucket}/${key}`;
  if (status === undefined) {
    const why = whyNoAnswer(error, 0);
    return `The object store at ${url} does not answer for ${what}: ${why}. See whether it runs and whether this machine reaches it.`;
  }
  switch (code) {
    case "InvalidAccessKeyId":
      return `The object store at ${url} knows no key ${place.user}. Run up, which makes the keys of the stack, or choose another person with --as.`;
    case "SignatureDoesNotMatch":
      return `The object store at ${url} does not accept the secret of the key ${place.user}. Run up, which sets the keys of the stack again.`;
    case "RequestTimeTooSkewed":
      return `The object store at ${url} has another time than this machine (${new Date().toISOString()}), by more than 15 minutes. Set the clock of the one that is wrong.`;
    case "NoSuchBucket":
      return `The object store at ${url} has no bucket ${bucket}. Run up, which makes the buckets of the stack.`;
    case "NoSuchUpload":
      return `The upload of ${what} is gone: another run has finished or ended it. Run this again.`;
    case "PreconditionFailed":
      return `${what} was replaced while it was read. Run this again.`;
    case "XMinioStorageFull":
      return `The object store at ${url} is full. Make room there, then run this again.`;
  }
  const told = [status, code].filter(Boolean).join(" ");
  if (status === 403 || code === "AccessDenied")
    return `The object store at ${url} does not let the key ${place.user} ${DOES[method] ?? "use"} ${what} (${told}). Choose a person who may with --as, or give this one the right in the stack file.`;
  if (status === 404) return `There is no ${what} in the object store at ${url}.`;
  return `The object store at ${url} answers ${told} for ${what}${message === "" ? "" : `: ${message}`}.`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
