import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";

type Texts = Readonly<Record<string, string>>;

interface Variable {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef: { name: string; key: string } };
}

/** A pod of one container, as it was rendered. */
export interface RenderedPod {
  containers: {
    command: string[];
    env: Variable[];
    volumeMounts: { name: string; mountPath: string }[];
  }[];
  volumes: { name: string; configMap: { name: string } }[];
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

/** Runs a pod's container as a process: its environment from the Secrets, its mounts as files in a folder of its own. */
export async function runPod(
  { containers: [container], volumes }: RenderedPod,
  { secrets, configMaps }: Namespace,
  python: string,
): Promise<Ended> {
  if (container === undefined) throw new Error("the pod has no container");
  const root = await mkdtemp(path.join(tmpdir(), "vision-platform-pod-"));
  try {
    const inFolder = (text: string) =>
      container.volumeMounts.reduce((all, { mountPath }) => all.replace(mountPath, path.join(root, mountPath)), text);
    for (const { name, mountPath } of container.volumeMounts) {
      const configMap = volumes.find((volume) => volume.name === name)?.configMap.name ?? "";
      const folder = path.join(root, mountPath);
      await mkdir(folder, { recursive: true });
      for (const [file, text] of Object.entries(thing(configMaps, configMap))) {
        await writeFile(path.join(folder, file), text);
      }
    }
    const env = Object.fromEntries(
      container.env.map(({ name, value, valueFrom: from }) => [
        name,
        from ? thing(thing(secrets, from.secretKeyRef.name), from.secretKeyRef.key) : inFolder(value ?? ""),
      ]),
    );
    const [program = "", ...args] = container.command.map(inFolder);
    const words = [program.startsWith("python") ? python : program, ...args];
    const ran = await execa(words[0] ?? "", words.slice(1), { env, extendEnv: false, reject: false, all: true });
    return { code: ran.exitCode, output: ran.all };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function thing<T>(all: Readonly<Record<string, T>>, name: string): T {
  const found = all[name];
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}
