import type { Fix } from "../charts/fixes.ts";
import type { RenderedObject } from "../kubernetes/rendered-object.ts";
import { containersOf, podTemplate, type Container } from "../charts/pods.ts";
import { AUTHORITY_FILE, authorityVolume } from "../storage/authority.ts";
import type { S3Access } from "./conf.ts";
import type { ClearmlConfig } from "./clearml-config.ts";
import type { Env } from "./credentials.ts";
import { httpUrl, SECRETS, SERVICES, urlInside } from "./names.ts";

/**
 * Removing an experiment removes its files later, by a job in a pod of its own. The API server decides what of them are the file server's, by
 * the begins of their addresses; the job has to know the same, and a key of the object store. (clearml-server v2.0.0: bll/task/task_cleanup.py,
 * jobs/async_urls_delete.py; clearml-real.md A2)
 */
export const PREFIXES_VARIABLE = "CLEARML__services__async_urls_delete__fileserver__url_prefixes";

/** Never the API server's: it tells its storage settings to everybody who asks (storage.get_settings). */
const STORE_VARIABLE = "CLEARML__services__storage_credentials__aws__s3__credentials";

const DEPLOYMENT = "clearml-apiserver-asyncdelete";

/** Key of the credentials in their Secret. */
export const DELETE_JOB_KEY = "s3_credentials";

/** What addresses of files on the file server begin with: outside, and as tasks wrote them where no address was given. */
export function filesPrefixes({ namespace, port, addresses }: ClearmlConfig): string {
  const inside = urlInside(SERVICES.files, namespace, port);
  return JSON.stringify([...(addresses.files === undefined ? [] : [httpUrl(addresses.files, port)]), inside]);
}

/**
 * The object store as the delete job is told it, in the server's own form. The bucket is named: without it the job takes models along that a
 * function serves from another. An address has the host of whoever wrote it, so there is an entry for each way to the store.
 */
export function storeCredentials({
  endpoint,
  secure,
  outside,
  region,
  ca,
  bucket,
  accessKey,
  secretKey,
}: S3Access): string {
  const sides = [{ endpoint, secure }, ...(outside ? [outside] : [])];
  const entries = sides.map((side) => ({
    host: side.endpoint,
    bucket,
    key: accessKey,
    secret: secretKey,
    secure: side.secure,
    multipart: false,
    ...(region !== undefined && { region }),
    ...(side.secure && secure && ca !== undefined && { verify: AUTHORITY_FILE }),
  }));
  return JSON.stringify(entries);
}

/** Its key, as the job's container takes it. */
export const STORE_ENV: Env = {
  name: STORE_VARIABLE,
  valueFrom: { secretKeyRef: { name: SECRETS.deleteJob, key: DELETE_JOB_KEY } },
};

export interface DeletionFixesArgs {
  /** {@link filesPrefixes}. */
  prefixes: string;
  /** Whether the job has a key of the object store. */
  store: boolean;
  /** ConfigMap with the certificates of the store's private authority. Default: none. */
  authority?: string | undefined;
}

const CHART = "apiserver-asyncdelete-deployment.yaml of 7.14.4 and 7.15.0 (clearml-real.md A2)";

/** What the pod of the delete job needs beyond the chart's values. */
export function deletionFixes({ prefixes, store, authority }: DeletionFixesArgs): Fix[] {
  const rows: Fix[] = [
    jobFix({
      id: "clearml-delete-prefixes",
      why: "The job that deletes files takes only those of one address for the file server's; what has another is tried three times and then kept for ever.",
      fits: ({ env = [] }) => env.some(({ name, value }) => name === PREFIXES_VARIABLE && value === prefixes),
      change(container) {
        const others = (container.env ?? []).filter(({ name }) => name !== PREFIXES_VARIABLE);
        container.env = [...others, { name: PREFIXES_VARIABLE, value: prefixes }];
      },
    }),
  ];
  if (store) {
    rows.push(
      jobFix({
        id: "clearml-delete-store",
        why: "The job that deletes files has no key of the object store, and charts before 7.14.6 no value to give it one.",
        fits: ({ env = [] }) => env.some(({ name }) => name === STORE_VARIABLE),
        change: (container) => (container.env = [...(container.env ?? []), STORE_ENV]),
      }),
    );
  }
  if (store && authority !== undefined) {
    const { volume, mount } = authorityVolume(authority);
    rows.push(
      jobFix({
        id: "clearml-delete-authority",
        why: "The job that deletes files does not know the private authority of the object store's certificate, and no value gives its pod a volume.",
        fits: ({ volumeMounts = [] }) => volumeMounts.some(({ name }) => name === mount.name),
        change(container, object) {
          container.volumeMounts = [...(container.volumeMounts ?? []), mount];
          const pod = podTemplate(object)?.spec;
          if (pod) pod.volumes = [...(pod.volumes ?? []), volume];
        },
      }),
    );
  }
  return rows;
}

interface JobChange {
  id: string;
  why: string;
  fits: (container: Container) => boolean;
  change: (container: Container, object: RenderedObject) => void;
}

const jobFix = ({ id, why, fits, change }: JobChange): Fix => ({
  id,
  why,
  source: CHART,
  matches: ({ kind, metadata }) => kind === "Deployment" && metadata.name === DEPLOYMENT,
  stillNeeded: (object) => containersOf(object).some((container) => !fits(container)),
  apply(object) {
    for (const container of containersOf(object)) if (!fits(container)) change(container, object);
  },
});
