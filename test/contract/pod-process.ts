import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa, type ResultPromise } from "execa";
import { PYTHON } from "../../components/cvat/names.ts";

type Texts = Readonly<Record<string, string>>;

interface Variable {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef: { name: string; key: string } };
}

interface Container {
  name: string;
  command: string[];
  env: Variable[];
  volumeMounts: { name: string; mountPath: string }[];
}

interface Volume {
  name: string;
  configMap?: { name: string };
  secret?: { secretName: string; optional?: boolean };
  emptyDir?: object;
}

/** A pod, as it was rendered. */
export interface RenderedPod {
  containers: Container[];
  volumes: Volume[];
}

/** What the pod's namespace has, by name. */
export interface Namespace {
  secrets: Readonly<Record<string, Texts>>;
  configMaps: Readonly<Record<string, Texts>>;
}

export interface Ended {
  code: number | undefined;
  output: string;
}

/** Programs of this machine by what a container calls them, and variables that stand for what its image has. */
export interface Machine {
  programs: Readonly<Record<string, string>>;
  env?: Texts;
}

/** A pod whose containers run as processes. */
export interface RunningPod {
  /** Each container's, by name. */
  processes: Readonly<Record<string, ResultPromise>>;
  /** How each ended, by name. Its folders are gone by then. */
  ended: Promise<Readonly<Record<string, Ended>>>;
}

/** Runs a pod's only container as a process. */
export async function runPod(pod: RenderedPod, namespace: Namespace, python: string): Promise<Ended> {
  const { ended } = await startPod(pod, namespace, { programs: { [PYTHON]: python } });
  const [first] = Object.values(await ended);
  if (first === undefined) throw new Error("the pod has no container");
  return first;
}

/** Starts a pod's containers as processes: their environment from the Secrets, their volumes as folders that they share. */
export async function startPod(
  { containers, volumes }: RenderedPod,
  namespace: Namespace,
  { programs, env: ofImage = {} }: Machine,
): Promise<RunningPod> {
  const root = await mkdtemp(path.join(tmpdir(), "vision-platform-pod-"));
  for (const volume of volumes) await fill(volume, path.join(root, volume.name), namespace);
  const processes = Object.fromEntries(
    containers.map(({ name, command, env, volumeMounts }) => {
      const here = (word: string) => {
        const mount = volumeMounts.find(({ mountPath: at }) => word === at || word.startsWith(`${at}/`));
        return mount === undefined ? word : path.join(root, mount.name, word.slice(mount.mountPath.length));
      };
      const variables = env.map(({ name: variable, value, valueFrom: from }) => [
        variable,
        from ? thing(thing(namespace.secrets, from.secretKeyRef.name), from.secretKeyRef.key) : here(value ?? ""),
      ]);
      const [program = "", ...args] = command.map(here);
      const options = { env: { ...ofImage, ...(Object.fromEntries(variables) as Texts) }, extendEnv: false };
      return [
        name,
        execa(programs[program] ?? program, args, {
          ...options,
          reject: false,
          all: true,
        }),
      ];
    }),
  );
  return { processes, ended: endOf(processes).finally(() => rm(root, { recursive: true, force: true })) };
}

async function endOf(processes: RunningPod["processes"]): Promise<Readonly<Record<string, Ended>>> {
  const ends = await Promise.all(
    Object.entries(processes).map(async ([name, process]) => {
      const { exitCode, all } = await process;
      return [name, { code: exitCode, output: String(all) }] as const;
    }),
  );
  return Object.fromEntries(ends);
}

async function fill({ configMap, secret }: Volume, folder: string, namespace: Namespace): Promise<void> {
  await mkdir(folder);
  const files = configMap
    ? thing(namespace.configMaps, configMap.name)
    : secret && (secret.optional !== true || secret.secretName in namespace.secrets)
      ? thing(namespace.secrets, secret.secretName)
      : {};
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(folder, file), text);
}

function thing<T>(all: Readonly<Record<string, T>>, name: string): T {
  const found = all[name];
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}
