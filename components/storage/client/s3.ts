import { Client } from "minio";
import { agentFor } from "./agent.ts";
import type { Place } from "./place.ts";

/** A client of the S3 API. It tries once: who asks has a person waiting, and says what to do. */
export function s3Of({ server, tls, region, user, password, ca }: Place): Client {
  const [endPoint = "", port] = server.split(":");
  return new Client({
    endPoint,
    ...(port !== undefined && { port: Number(port) }),
    useSSL: tls,
    region,
    accessKey: user,
    secretKey: password,
    ...(tls && ca !== undefined && { transportAgent: agentFor(ca) }),
    retryOptions: { disableRetry: true },
  });
}
