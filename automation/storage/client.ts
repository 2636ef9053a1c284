import { Client } from "minio";
import type { ObjectStoreConfig } from "../../components/storage/config.ts";
import { endpointOfMachine, hostAndPort } from "../../components/storage/endpoint.ts";
import { MinioAdmin } from "./admin.ts";
import { agentFor } from "./exchange.ts";

/** Keys of an administrator of the store, in clear. */
export interface Credentials {
  accessKey: string;
  secretKey: string;
}

/** What of the section says where the store is. */
export type StorePlace = Pick<ObjectStoreConfig, "address" | "port" | "tls" | "endpoint" | "region">;

/**
 * The S3 API as this machine reaches it.
 * @param ca certificates of the store's private authority, PEM
 */
export function s3Client(place: StorePlace, credentials: Credentials, ca?: string): Client {
  const { host, port, tls } = endpointOfMachine(place);
  return new Client({
    endPoint: host,
    port,
    useSSL: tls,
    region: place.region,
    ...credentials,
    ...(tls && ca !== undefined && { transportAgent: agentFor(ca) }),
    retryOptions: { disableRetry: true },
  });
}

/** MinIO's admin API as this machine reaches it. */
export function adminClient(place: StorePlace, { accessKey, secretKey }: Credentials, ca?: string): MinioAdmin {
  const endpoint = endpointOfMachine(place);
  return new MinioAdmin({
    server: hostAndPort(endpoint),
    tls: endpoint.tls,
    region: place.region,
    user: accessKey,
    password: secretKey,
    ca,
  });
}
