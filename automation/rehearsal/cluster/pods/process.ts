import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { V1ConfigMap, V1EnvVar, V1Pod, V1Secret, V1Volume, V1VolumeProjection } from "@kubernetes/client-node";

/** How a pod is run as a process of this machine: its words and variables, with the folders that stand for its mounts. */
export interface PodProcess {
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
 * Makes a pod's volumes as folders, and reads from its spec what is to be run in them. Where the pod has a path below a mount, in its command,
 * arguments or variables, the process has that folder's.
 * @param folder of the pod's own
 * @throws Error for what a spec may have and is not played here
 */
export async function podProcess(pod: V1Pod, folder: string, sources: VolumeSources): Promise<PodProcess> {
  const [container, ...others] = pod.spec?.containers ?? [];
  if (container === undefined || others.length > 0 || pod.spec?.initContainers !== undefined)
    throw new Error("only pods of one container are run here");
  const mounts: (readonly [string, string])[] = [];
  for (const { name, mountPath, subPath } of container.volumeMounts ?? []) {
    const volume = pod.spec?.volumes?.find((one) => one.name === name);
    if (volume === undefined || subPath !== undefined) throw new Error(`mount ${mountPath} is not played here`);
    mounts.push([mountPath, await folderOf(volume, path.join(folder, name), pod, sources)]);
  }
  const here = (word: string) => {
    const mount = mounts.find(([at]) => word === at || word.startsWith(`${at}/`));
    return mount === undefined ? word : mount[1] + word.slice(mount[0].length);
  };
  const variables = (container.env ?? []).map((one) => [one.name, here(valueOf(one, pod))]);
  return {
    words: [...(container.command ?? []), ...(container.args ?? [])].map(here),
    env: Object.fromEntries(variables) as Record<string, string>,
  };
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
    const { data = {} } = await sources.secret(secret.secretName);
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

function valueOf({ name, value, valueFrom }: V1EnvVar, { metadata }: V1Pod): string {
  if (valueFrom === undefined) return value ?? "";
  const [, kind, key = ""] =
    /^metadata\.(annotations|labels)\['(.+)'\]$/.exec(valueFrom.fieldRef?.fieldPath ?? "") ?? [];
  const found = (kind === "labels" ? metadata?.labels : metadata?.annotations)?.[key];
  if (kind === undefined || found === undefined) throw new Error(`variable ${name} is not played here`);
  return found;
}
