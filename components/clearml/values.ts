import type * as pulumi from "@pulumi/pulumi";
import { mergeValues, type Values } from "../charts/merge.ts";
import { metalLbAnnotations } from "../kubernetes/metallb.ts";
import type { ClearmlConfig } from "./clearml-config.ts";
import { APISERVER_ENV, FILESERVER_ENV, TOKEN_MEMORY, type Env } from "./credentials.ts";
import { filesPrefixes, PREFIXES_VARIABLE, STORE_ENV } from "./deletion.ts";
import { asServerReads } from "./server-settings.ts";
import { elasticsearchResources } from "./elasticsearch.ts";
import { httpUrl, SECRETS } from "./names.ts";
import type { ClearmlPlan } from "./plan.ts";

/** Pods carry the digest of what they read from Secrets: the chart puts no checksum on any (facts/clearml.md 1.6). */
export const DIGEST_ANNOTATION = "vision-platform/configuration";

export interface ClearmlValuesArgs {
  plan: ClearmlPlan;
  /** Digests of the Secrets that API server and file server read, as secret Outputs or text. */
  digests: { apiserver: pulumi.Input<string>; fileserver: pulumi.Input<string> };
  /** Whether the job that deletes files has a key of the object store. */
  store?: boolean;
}

/** Values of the `clearml` chart, 7.14. They hold no secret: credentials and users are in Secrets that they name. */
export function clearmlValues({ plan, digests, store = false }: ClearmlValuesArgs): Values {
  const { config, versions } = plan;
  const { addresses, port, storage, resources, environment } = config;
  const claimClass = plan.storageClass.name;
  const image = { registry: config.image.registry, repository: config.image.repository, tag: versions.parts.server };
  const server = (part: "web" | "api" | "files", name: keyof typeof environment, env: readonly Env[]) =>
    withoutUndefined({
      image: withoutUndefined(image),
      service: withoutUndefined({ type: "LoadBalancer", port, annotations: annotationsOf(addresses[part]) }),
      extraEnvs: [...env, ...plainEnv(environment[name])],
      resources: resources[name],
    });

  const ours: Values = {
    clearml: withoutUndefined({
      ...UNUSED_CREDENTIALS,
      existingSecret: SECRETS.credentials,
      cookieName: COOKIE,
      clientConfigurationApiUrl: urlOf(addresses.api, port),
      clientConfigurationFilesUrl: urlOf(addresses.files, port),
    }),
    apiserver: {
      ...server("api", "apiserver", [...APISERVER_ENV, { name: PREFIXES_VARIABLE, value: filesPrefixes(config) }]),
      ...(store && { asyncdelete: { extraEnvs: [STORE_ENV] } }),
      existingAdditionalConfigsSecret: SECRETS.configuration,
      podAnnotations: { [DIGEST_ANNOTATION]: digests.apiserver },
    },
    fileserver: {
      ...server("files", "fileserver", [...FILESERVER_ENV, TOKEN_MEMORY]),
      podAnnotations: { [DIGEST_ANNOTATION]: digests.fileserver },
      storage: { enabled: true, data: { class: claimClass, size: storage.files } },
    },
    webserver: server("web", "webserver", webserverEnv(config)),
    mongodb: withoutUndefined({
      persistence: { storageClass: claimClass, size: storage.mongodb },
      resources: resources.mongodb,
    }),
    redis: {
      master: withoutUndefined({
        persistence: { storageClass: claimClass, size: storage.redis },
        resources: resources.redis,
      }),
    },
    elasticsearch: {
      esJavaOpts: `-Xmx${config.elasticsearch.heap} -Xms${config.elasticsearch.heap}`,
      resources: elasticsearchResources(config.elasticsearch.heap, resources.elasticsearch),
      volumeClaimTemplate: {
        storageClassName: claimClass,
        resources: { requests: { storage: storage.elasticsearch } },
      },
      sysctlInitContainer: { enabled: config.elasticsearch.sysctlInit },
      tests: { enabled: false },
    },
  };
  return mergeValues(ours, config.values);
}

/** The name under which the file server looks for the sign-in unless told otherwise; the chart's own name for it is another (facts 1.12). */
const COOKIE = "clearml_token_basic";

/**
 * Stands where the chart publishes credentials: it writes them into its Secret `clearml-conf` and a probe's header even when another
 * Secret is in use. Nothing reads them.
 */
const UNUSED = "unused";
const UNUSED_CREDENTIALS = Object.fromEntries(
  [
    "apiserverKey",
    "apiserverSecret",
    "fileserverKey",
    "fileserverSecret",
    "readinessprobeKey",
    "readinessprobeSecret",
    "secureAuthTokenSecret",
    "testUserKey",
    "testUserSecret",
  ].map((key) => [key, UNUSED]),
);

/**
 * With an address for each Service there is no cookie both web and file server could share, so files answer 401 in the browser. The web
 * server can pass them on under its own address (ClearML's documentation, WEBSERVER__useFilesProxy; not tried on a live server).
 */
function webserverEnv({ addresses, port, filesThroughWeb, disableIpv6 }: ClearmlConfig): Env[] {
  const filesUrl = filesThroughWeb ? urlOf(addresses.files, port) : undefined;
  return [
    ...(filesUrl === undefined ? [] : plainEnv({ WEBSERVER__fileBaseUrl: filesUrl, WEBSERVER__useFilesProxy: "true" })),
    ...(disableIpv6 ? plainEnv({ DISABLE_NGINX_IPV6: "true" }) : []),
  ];
}

const plainEnv = (variables: Record<string, string>): Env[] =>
  Object.entries(variables).map(([name, value]) => ({ name, value: asServerReads(name, value) }));

const urlOf = (host: string | undefined, port: number) => (host === undefined ? undefined : httpUrl(host, port));

const annotationsOf = (host: string | undefined) => (host === undefined ? undefined : metalLbAnnotations(host));

function withoutUndefined(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
