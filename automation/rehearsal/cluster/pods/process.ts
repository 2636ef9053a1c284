import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  ApiException,
  type V1ConfigMap,
  type V1Container,
  type V1EnvVar,
  type V1Pod,
  type V1Secret,
  type V1Volume,
  type V1VolumeProjection,
} from "@kubernetes/client-node";

/** How a pod's container is run as a process of this machine: its words and variables, with the folders that stand for its mounts. */
export interface ContainerProcess {
  name: string;
  words: string[];
  env: Record<string, string>;
}

/** What a pod's volumes are made of. */
export interface VolumeSources {
  configMap: (name: string) => Promise<V1ConfigMap>;
  secret: (name: string) => Promise<V1Secret>;
  /** A token of a ServiceAccount in the pod's namespace. */
  token: (account: string) => Promise<string>;
  /** The folder that stands for a claim. */
  claim: (name: string) => string;
}

/**
 * Makes a pod's volumes as folders, and reads from its spec what is to be run in them. Where the pod has a path below a mount, in a command,
 * arguments or variables, the process has that folder's.
 * @param folder of the pod's own
 * @throws Error for what a spec may have and is not played here
 */
export async function podProcesses(pod: V1Pod, folder: string, sources: VolumeSources): Promise<ContainerProcess[]> {
  const { containers = [], initContainers, volumes = [] } = pod.spec ?? {};
  if (initContainers !== undefined)
    throw new Error("pods with containers that run before the others are not played here");
  const folders = new Map<string, string>();
  for (const volume of volumes)
    folders.set(volume.name, await folderOf(volume, path.join(folder, volume.name), pod, sources));
  return Promise.all(containers.map((container) => containerProcess(container, pod, folders, sources)));
}

async function containerProcess(
  { name, command = [], args = [], env = [], volumeMounts = [] }: V1Container,
  pod: V1Pod,
  folders: ReadonlyMap<string, string>,
  sources: VolumeSources,
): Promise<ContainerProcess> {
  const mounts = volumeMounts.map(({ name: volume, mountPath, subPath }) => {
    const folder = folders.get(volume);
    if (folder === undefined || subPath !== undefined) throw new Error(`mount ${mountPath} is not played here`);
    return [mountPath, folder] as const;
  });
  const here = (word: string) => {
    const mount = mounts.find(([at]) => word === at || word.startsWith(`${at}/`));
    return mount === undefined ? word : mount[1] + word.slice(mount[0].length);
  };
  const variables: Record<string, string> = {};
  for (const one of env) variables[one.name] = here(await valueOf(one, pod, sources));
  return { name, words: [...command, ...args].map(here), env: variables };
}

async function folderOf(volume: V1Volume, folder: string, pod: V1Pod, sources: VolumeSources): Promise<string> {
  const claim = volume.persistentVolumeClaim?.claimName;
  if (claim !== undefined) {
    // A volume that was just made is an empty folder.
    await mkdir(sources.claim(claim), { recursive: true });
    return sources.claim(claim);
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (volume.emptyDir) return folder;
  const files = await filesOf(volume, pod, sources);
  for (const [name, content] of Object.entries(files))
    await writeFile(path.join(folder, name), content, { mode: 0o400 });
  return folder;
}

async function filesOf(
  { name, configMap, secret, projected }: V1Volume,
  pod: V1Pod,
  sources: VolumeSources,
): Promise<Record<string, Buffer>> {
  if (configMap?.name !== undefined) {
    const { data = {} } = await sources.configMap(configMap.name);
    return buffers(data);
  }
  if (projected?.sources !== undefined) {
    const parts = await Promise.all(projected.sources.map((one) => projectedFiles(one, pod, sources)));
    return buffers(Object.assign({}, ...parts) as Record<string, string>);
  }
  if (secret?.secretName !== undefined) {
    const found = await (secret.optional === true
      ? orNone(sources.secret(secret.secretName))
      : sources.secret(secret.secretName));
    const data = found?.data ?? {};
    return Object.fromEntries(Object.entries(data).map(([file, text]) => [file, Buffer.from(text, "base64")]));
  }
  throw new Error(`volume ${name} is not played here`);
}

/** What the API server mounts into each pod that has an account: its token, the authority of the API server, and the namespace. */
async function projectedFiles(
  { serviceAccountToken, configMap, downwardAPI }: V1VolumeProjection,
  { spec, metadata }: V1Pod,
  sources: VolumeSources,
): Promise<Record<string, string>> {
  if (serviceAccountToken) return { [serviceAccountToken.path]: await sources.token(spec?.serviceAccountName ?? "") };
  if (configMap?.name !== undefined) return (await sources.configMap(configMap.name)).data ?? {};
  const [item, ...more] = downwardAPI?.items ?? [];
  if (item?.fieldRef?.fieldPath !== "metadata.namespace" || more.length > 0)
    throw new Error("what is projected into the pod is not played here");
  return { [item.path]: metadata?.namespace ?? "" };
}

const buffers = (texts: Readonly<Record<string, string>>): Record<string, Buffer> =>
  Object.fromEntries(Object.entries(texts).map(([file, text]) => [file, Buffer.from(text)]));

async function orNone<T>(object: Promise<T>): Promise<T | undefined> {
  try {
    return await object;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}

async function valueOf(
  { name, value, valueFrom }: V1EnvVar,
  { metadata }: V1Pod,
  { secret }: VolumeSources,
): Promise<string> {
  if (valueFrom === undefined) return value ?? "";
  const { secretKeyRef } = valueFrom;
  if (secretKeyRef !== undefined) {
    const text = (await secret(secretKeyRef.name ?? "")).data?.[secretKeyRef.key];
    if (text === undefined) throw new Error(`Secret ${secretKeyRef.name ?? ""} has no ${secretKeyRef.key}`);
    return Buffer.from(text, "base64").toString();
  }
  const [, kind, key = ""] =
    /^metadata\.(annotations|labels)\['(.+)'\]$/.exec(valueFrom.fieldRef?.fieldPath ?? "") ?? [];
  const found = (kind === "labels" ? metadata?.labels : metadata?.annotations)?.[key];
  if (kind === undefined || found === undefined) throw new Error(`variable ${name} is not played here`);
  return found;
}
