import { Client } from "minio";
import { agentFor } from "./agent.ts";
import type { Place } from "./place.ts";

/** A place that is reached as a stack's backend says. */
export interface S3Place extends Place {
  /** Whether buckets are named in the path and not in the host. Default: in the path. */
  pathStyle?: boolean;
  /** Of keys for a short time. Default: they are for good. */
  sessionToken?: string | undefined;
}

/** A client of the S3 API. It tries once: who asks has a person waiting, and says what to do. */
export function s3Of(place: S3Place): Client {
  const { server, tls, region, user, password, ca, servername, pathStyle, sessionToken } = place;
  const agent = tls ? agentFor(ca, servername) : undefined;
  const [endPoint = "", port] = server.split(":");
  return new Client({
    endPoint,
    ...(port !== undefined && { port: Number(port) }),
    useSSL: tls,
    region,
    accessKey: user,
    secretKey: password,
    ...(pathStyle !== undefined && { pathStyle }),
    ...(sessionToken !== undefined && { sessionToken }),
    ...(agent && { transportAgent: agent }),
    retryOptions: { disableRetry: true },
  });
}
