import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { V1ConfigMap, V1EnvVar, V1Pod, V1Secret, V1Volume } from "@kubernetes/client-node";

/** How a pod is run as a process of this machine: its words and variables, with the folders that stand for its mounts. */
export interface PodProcess {
  words: string[];
  env: Record<string, string>;
}

/** What a pod's volumes are made of. */
export interface VolumeSources {
  configMap: (name: string) => Promise<V1ConfigMap>;
  secret: (name: string) => Promise<V1Secret>;
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
    mounts.push([mountPath, await folderOf(volume, path.join(folder, name), sources)]);
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

async function folderOf(volume: V1Volume, folder: string, sources: VolumeSources): Promise<string> {
  const claim = volume.persistentVolumeClaim?.claimName;
  if (claim !== undefined) return sources.claim(claim);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (volume.emptyDir) return folder;
  const files = await filesOf(volume, sources);
  for (const [name, content] of Object.entries(files))
    await writeFile(path.join(folder, name), content, { mode: 0o400 });
  return folder;
}

async function filesOf({ name, configMap, secret }: V1Volume, sources: VolumeSources): Promise<Record<string, Buffer>> {
  if (configMap?.name !== undefined) {
    const { data = {} } = await sources.configMap(configMap.name);
    return Object.fromEntries(Object.entries(data).map(([file, text]) => [file, Buffer.from(text)]));
  }
  if (secret?.secretName !== undefined) {
    const { data = {} } = await sources.secret(secret.secretName);
    return Object.fromEntries(Object.entries(data).map(([file, text]) => [file, Buffer.from(text, "base64")]));
  }
  throw new Error(`volume ${name} is not played here`);
}

function valueOf({ name, value, valueFrom }: V1EnvVar, { metadata }: V1Pod): string {
  if (valueFrom === undefined) return value ?? "";
  const [, kind, key = ""] =
    /^metadata\.(annotations|labels)\['(.+)'\]$/.exec(valueFrom.fieldRef?.fieldPath ?? "") ?? [];
  const found = (kind === "labels" ? metadata?.labels : metadata?.annotations)?.[key];
  if (kind === undefined || found === undefined) throw new Error(`variable ${name} is not played here`);
  return found;
}
