import { mergeValues } from "../charts/merge.ts";
import { UserError } from "../program/errors.ts";
import { AUTHORITY_FILE } from "../storage/authority.ts";
import { FromEnvironment, hocon, type HoconFields } from "./hocon.ts";

/** A bucket of the object store and the keys of one who may use it. */
export interface S3Access {
  /** `192.0.2.30:9000`. The port is never left out: without one ClearML takes the host for a bucket of Amazon's. (clearml.md 3.4) */
  endpoint: string;
  /** Whether it is reached by HTTPS. */
  secure: boolean;
  /** The same from outside the cluster, where that is another. */
  outside?: { endpoint: string; secure: boolean };
  region?: string;
  /** Certificates of the store's private authority, PEM. */
  ca?: string;
  accessKey: string;
  secretKey: string;
  /** Where artifacts and models go unless a task says otherwise. */
  bucket: string;
  /** Begin of the keys there that these keys may use. Default: all of the bucket. */
  prefix?: string;
}

/** Where a program finds the three parts of the server. */
export interface ClearmlUrls {
  web: string;
  api: string;
  files: string;
}

export interface ClearmlConfArgs {
  urls: ClearmlUrls;
  /** A pair of keys, or a web user's name and password, which the API takes as well. (clearml.md 1.11, route B) */
  credentials?: { accessKey: string; secretKey: string };
  s3?: S3Access;
  /** File with the certificates of `s3.ca` on the machine that the text is for. Needed where there are any. */
  caFile?: string;
}

/** A complete `clearml.conf`, for the SDK and for an agent outside the cluster. */
export function clearmlConf({ urls, credentials, s3, caFile }: ClearmlConfArgs): string {
  const [inside, outside] = s3 ? sidesOf(s3) : [];
  return hocon({
    api: {
      web_server: urls.web,
      api_server: urls.api,
      files_server: urls.files,
      ...(credentials && { credentials: { access_key: credentials.accessKey, secret_key: credentials.secretKey } }),
    },
    ...(s3 &&
      inside && {
        sdk: sdkFields(s3, { here: outside ?? inside, there: outside && inside, caFile }, s3.accessKey, s3.secretKey),
      }),
  });
}

/** Environment variables by which pods of the agent get the keys of the object store. */
export const S3_VARIABLES = {
  accessKey: "VISION_PLATFORM_S3_ACCESS_KEY",
  secretKey: "VISION_PLATFORM_S3_SECRET_KEY",
} as const;

export interface AgentConfArgs {
  urls: ClearmlUrls;
  s3?: Omit<S3Access, "accessKey" | "secretKey">;
  /** Laid over ours, key by key. */
  over?: HoconFields;
}

/**
 * The agent's `clearml.conf` in the cluster. The agent copies its text into the command line of every task's pod, which whoever may look at
 * pods can read, so no secret is in it: keys come by environment, from a Secret. (clearml-agent 2.0.7, glue/k8s.py run_one_task)
 * @throws UserError naming the key of the stack when it could not be encoded in ASCII, at which each task would fail (clearml.md 2.6)
 */
export function agentConf({ urls, s3, over = {} }: AgentConfArgs): string {
  const keys = [new FromEnvironment(S3_VARIABLES.accessKey), new FromEnvironment(S3_VARIABLES.secretKey)] as const;
  const [inside, outside] = s3 ? sidesOf(s3) : [];
  const ours: HoconFields = {
    api: { web_server: urls.web, api_server: urls.api, files_server: urls.files },
    ...(s3 &&
      inside && {
        sdk: sdkFields(
          s3,
          { here: inside, there: outside, caFile: inside.secure ? AUTHORITY_FILE : undefined },
          ...keys,
        ),
      }),
  };
  const text = hocon(mergeValues(ours, over) as HoconFields);
  // eslint-disable-next-line no-control-regex -- ASCII is what is asked for.
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  throw new UserError(
    "The agent's clearml.conf must be ASCII, and one of vision-platform:clearml.agent.conf and vision-platform:objectStore is not.",
  );
}

type Bucket = Omit<S3Access, "accessKey" | "secretKey">;

interface Side {
  endpoint: string;
  secure: boolean;
}

/** How pods reach the store and, where that is another way, people. */
const sidesOf = ({ endpoint, secure, outside }: Bucket): [inside: Side, outside?: Side] =>
  outside ? [{ endpoint, secure }, outside] : [{ endpoint, secure }];

interface Sides {
  /** How the reader of the file reaches the store. */
  here: Side;
  /** How those on the other side of the cluster's edge do, where that is another way. */
  there?: Side | undefined;
  /** File with the certificates of the store's authority, where `here` is. */
  caFile?: string | undefined;
}

/**
 * What the SDK is told of the object store. One entry without a bucket covers all of its buckets. (clearml.md 3.4)
 *
 * An artifact's address names the host by which it was written. So each side reads the other's addresses as its own
 * (`sdk.storage.path_substitution`); its entry for the other's host is for what the SDK checks before it replaces. Where artifacts go is said
 * by the pods' host on both sides: a task that is cloned takes it along into the queue. (clearml 2.1.12, storage/helper.py: _canonize_url,
 * conform_url; tried both ways by test/contract/clearml-two-sides.go.test.ts)
 */
function sdkFields(
  s3: Bucket,
  { here, there, caFile }: Sides,
  key: string | FromEnvironment,
  secret: string | FromEnvironment,
): HoconFields {
  const { region, ca } = s3;
  const entry = ({ endpoint, secure }: Side): HoconFields => {
    if (!/^[^\s/:]+:\d+$/.test(endpoint)) throw new RangeError(`not a host with a port: ${endpoint}`);
    return {
      host: endpoint,
      key,
      secret,
      secure,
      ...(secure && ca !== undefined && caFile !== undefined && { verify: caFile }),
      multipart: false,
      ...(region && { region }),
    };
  };
  return {
    aws: { s3: { credentials: [entry(here), ...(there ? [entry(there)] : [])] } },
    ...(there && {
      storage: {
        path_substitution: [{ registered_prefix: `s3://${there.endpoint}/`, local_prefix: `s3://${here.endpoint}/` }],
      },
    }),
    development: { default_output_uri: `s3://${s3.endpoint}/${placeOfArtifacts(s3)}` },
  };
}

/** `clearml`, `clearml/team`: Task.init proves that it may write and delete just there. (clearml-real.md A7) */
const placeOfArtifacts = ({ bucket, prefix = "" }: Bucket) =>
  prefix === "" ? bucket : `${bucket}/${prefix.replace(/\/$/, "")}`;
