import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { KubeConfig, KubernetesObjectApi, type KubernetesObject } from "@kubernetes/client-node";
import { parse, stringify } from "yaml";
import { destroyStack } from "../../automation/engine/destroy.ts";
import { runEngine, type Outcome, type Verb } from "../../automation/engine/run.ts";
import { silentProgress, type Progress } from "../../automation/progress.ts";
import { createHome, freshName, removeHome, type Home } from "../../automation/rehearsal/cluster/homes.ts";
import { rehearsedScene } from "../../automation/rehearsal/snapshot/rehearsed.ts";
import { bringUp, prepare, type Rehearsal, type RehearsalResult } from "../../automation/rehearsal/rehearse.ts";
import { copyProjectFile } from "../../automation/stackfile/project-file.ts";

const PROJECT = path.resolve(import.meta.dirname, "../..");
const STACK = "lab";

type Values = Record<string, unknown>;

/** A lab on a real API server, with the real engine, for one test file. */
export interface Lab {
  home: Home;
  /** The lines of progress of the last run. */
  lines: string[];
  /** Changes sections of the stack file, key by key; `undefined` takes a key or a whole section out. */
  configure(sections: Sections): Promise<void>;
  up(options?: { parallel?: number }): Promise<RehearsalResult>;
  /** Makes the stack ready as configured now, without running anything; whatever of the rehearsal was ended is started again. */
  prepare(): Promise<void>;
  run(verb: Verb): Promise<Outcome>;
  destroy(): Promise<Outcome>;
  list(apiVersion: string, kind: string, namespace?: string): Promise<KubernetesObject[]>;
  get<T extends KubernetesObject>(apiVersion: string, kind: string, name: string, namespace?: string): Promise<T>;
  client(): KubernetesObjectApi;
  rehearsal(): Rehearsal;
  end(): Promise<void>;
}

export interface LabOptions {
  /** With buckets, records, functions and the agent. Default: the charts alone, in a third of the time. */
  whole?: boolean;
  /** Absolute path of another stack file to start from; taken whole. Default: the example homelab's. */
  stackFile?: string;
}

type Sections = Readonly<Record<string, Values | undefined>>;

/** Starts a lab from the example homelab, or another stack file, with the given sections changed. Nothing is up yet. */
export async function startLab(sections: Sections = {}, options: LabOptions = {}): Promise<Lab> {
  const project = await projectWith(sections, options);
  return labIn(project, await createHome(freshName("test"), { kept: false }));
}

/**
 * A lab that is up, opened from a snapshot: what was up before it was kept is what the tests meet.
 * @param anew brings it up also where a snapshot fits, for a test of that very thing
 */
export async function startScene(
  sections: Sections = {},
  { anew = false, ...options }: LabOptions & { anew?: boolean } = {},
): Promise<{ lab: Lab; made: RehearsalResult | undefined }> {
  const project = await projectWith(sections, options);
  try {
    const progress = silentProgress;
    const { home, opened, made } = await rehearsedScene({ stack: STACK, project, overrides: {}, progress, anew });
    return { lab: labIn(project, home, opened), made };
  } catch (error) {
    await rm(project, { recursive: true, force: true });
    throw error;
  }
}

/** A project's folder with the stack file. */
async function projectWith(
  sections: Sections,
  { stackFile, whole = stackFile !== undefined }: LabOptions,
): Promise<string> {
  const project = await mkdtemp(path.join(tmpdir(), "vision-platform-test-"));
  await copyProjectFile(PROJECT, project);
  const example = parse(
    await readFile(stackFile ?? path.join(PROJECT, "Pulumi.homelab.yaml"), "utf8"),
  ) as StackDocument;
  await writeFile(fileIn(project), stringify(whole ? example : chartsOnly(example)));
  await change(project, sections);
  return project;
}

const fileIn = (project: string) => path.join(project, `Pulumi.${STACK}.yaml`);

async function change(project: string, sections: Sections): Promise<void> {
  const document = parse(await readFile(fileIn(project), "utf8")) as StackDocument;
  for (const [name, values] of Object.entries(sections)) {
    const key = `vision-platform:${name}`;
    if (values === undefined) Reflect.deleteProperty(document.config, key);
    else document.config[key] = merged(document.config[key] ?? {}, values);
  }
  await writeFile(fileIn(project), stringify(document));
}

function labIn(project: string, home: Home, opened?: Rehearsal): Lab {
  const lines: string[] = [];
  const progress: Progress = { ...silentProgress, line: (text) => void lines.push(text) };
  let ready = opened;

  const lab: Lab = {
    home,
    lines,
    async configure(changes) {
      await change(project, changes);
      ready = undefined;
    },
    async up({ parallel } = {}) {
      if (!ready) await lab.prepare();
      lines.length = 0;
      return bringUp(lab.rehearsal(), progress, parallel);
    },
    async prepare() {
      ready = await prepare({ stack: STACK, project, overrides: {}, home, progress });
    },
    async destroy() {
      await lab.prepare();
      return destroyStack(lab.rehearsal().stack, progress);
    },
    async run(verb) {
      if (!ready) await lab.prepare();
      lines.length = 0;
      return runEngine(lab.rehearsal().stack, verb, { progress });
    },
    rehearsal() {
      if (!ready) throw new Error("nothing was prepared yet");
      return ready;
    },
    client() {
      const config = new KubeConfig();
      config.loadFromFile(path.join(home.folder, "kubeconfig"));
      return KubernetesObjectApi.makeApiClient(config);
    },
    async list(apiVersion, kind, namespace) {
      return (await lab.client().list(apiVersion, kind, namespace)).items;
    },
    async get<T extends KubernetesObject>(apiVersion: string, kind: string, name: string, namespace?: string) {
      return lab.client().read<T>({ apiVersion, kind, metadata: { name, namespace: namespace ?? "" } });
    },
    async end() {
      await removeHome(home.folder);
      await rm(project, { recursive: true, force: true });
    },
  };
  return lab;
}

interface StackDocument {
  config: Record<string, Values>;
}

function chartsOnly({ config }: StackDocument): StackDocument {
  const sections = Object.entries(config).filter(([key]) => !/:(objectStore|functions)$/.test(key));
  return {
    config: {
      ...Object.fromEntries(sections),
      "vision-platform:cvat": { ...config["vision-platform:cvat"], users: [], organizations: [] },
      "vision-platform:clearml": { ...config["vision-platform:clearml"], agent: { enabled: false } },
    },
  };
}

function merged(base: Values, changes: Values): Values {
  const result: Values = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) result[key] = undefined;
    else if (isMap(value) && isMap(base[key])) result[key] = merged(base[key], value);
    else result[key] = value;
  }
  return result;
}

const isMap = (value: unknown): value is Values => typeof value === "object" && value !== null && !Array.isArray(value);
