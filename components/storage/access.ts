import * as pulumi from "@pulumi/pulumi";
import type { Place } from "./client/place.ts";
import type { ObjectStoreConfig } from "./object-store-config.ts";
import { endpointOfMachine, hostAndPort } from "./endpoint.ts";

/** The store as the machine that runs pulumi reaches it, with an administrator's keys and the certificates of its private authority. Secret; undefined while they are missing. */
export function placeOfConfig(config: ObjectStoreConfig, ca?: string): pulumi.Output<Place> | undefined {
  const { accessKey, secretKey } = config.credentials;
  if (accessKey === undefined || secretKey === undefined) return undefined;
  const endpoint = endpointOfMachine(config);
  return pulumi.secret(
    pulumi.all([accessKey, secretKey]).apply(([user, password]) => ({
      server: hostAndPort(endpoint),
      tls: endpoint.tls,
      region: config.region,
      user,
      password,
      ...(ca !== undefined && { ca }),
    })),
  );
}
