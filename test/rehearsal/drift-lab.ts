import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import type { V1Deployment } from "@kubernetes/client-node";
import { planFix, type FixPlan } from "../../automation/drift/fix-plan.ts";
import { assertMayFix, repair } from "../../automation/drift/fix.ts";
import { lookForDrift, type Look } from "../../automation/drift/look.ts";
import { silentProgress } from "../../automation/progress.ts";
import { readJson, serviceFolder, type Ready } from "../../automation/rehearsal/services/service.ts";
import { soundPlan } from "../../automation/stackfile/sound-plan.ts";
import { readStackFile, stackFilePath } from "../../automation/stackfile/stack-file.ts";
import { CvatClient } from "../../components/cvat/client/client.ts";
import { startScene, type Lab } from "./harness.ts";

/** The whole homelab, up, and what a person does to it and about it. */
export interface DriftLab extends Lab {
  look(): Promise<Look>;
  /** Repairs what was found, as `drift --fix` does once it may. */
  fix(look: Look, newCluster?: string): Promise<{ fix: FixPlan; problems: string[] }>;
  kubectl(...args: string[]): Promise<void>;
  cvat(): Promise<CvatClient>;
  /** The state as it lies in the backend, and the files of its locks. */
  stored(): Promise<{ text: string; locks: string[] }>;
  replicas(name: string): Promise<number | undefined>;
}

export async function startDriftLab(): Promise<DriftLab> {
  // As test/rehearsal/whole-lab.test.ts has it, and so from the same snapshot.
  const sections = { cvat: { superuser: { password: { secure: "v1:x" } } } };
  const { lab } = await startScene(sections, { whole: true });
  const optionsOf = async () => {
    const file = await readStackFile(stackFilePath(path.join(lab.home.folder, "stack"), "lab"));
    return { stack: lab.rehearsal().stack, plan: await soundPlan(file), file, progress: silentProgress };
  };
  return {
    ...lab,
    look: async () => lookForDrift(await optionsOf()),
    async fix(look, newCluster) {
      const fix = planFix(look.drift, look.state, look.missing);
      assertMayFix(look, newCluster);
      return { fix, problems: await repair({ ...(await optionsOf()), look, fix }) };
    },
    async kubectl(...args) {
      const env = { KUBECONFIG: lab.rehearsal().cluster.kubeconfig };
      await execa(path.join(lab.home.folder, "bin", "kubectl"), args, { env });
    },
    async cvat() {
      const { value } = await lab.rehearsal().stack.getConfig("vision-platform:cvat");
      const { password } = (JSON.parse(value) as { superuser: { password: string } }).superuser;
      const ready = await readJson<Ready>(path.join(serviceFolder(lab.home.folder, "cvat"), "ready.json"));
      return new CvatClient({ endpoint: `http://127.0.0.1:${ready?.port ?? 0}`, username: "admin", password });
    },
    async stored() {
      const folder = path.join(lab.home.folder, "state", ".pulumi");
      const found = await readdir(path.join(folder, "locks"), { recursive: true }).catch(() => []);
      return {
        text: await readFile(path.join(folder, "stacks", "vision-platform", "lab.json"), "utf8"),
        locks: found.filter((name) => name.endsWith(".json")),
      };
    },
    async replicas(name) {
      return (await lab.get<V1Deployment>("apps/v1", "Deployment", name, "cvat")).spec?.replicas;
    },
  };
}

/** `Deployment cvat-opa spec.replicas changed kubectl (scale)`, sorted. */
export const foundIn = ({ drift: { changed, gone } }: Look): string[] =>
  [
    ...changed.flatMap(({ kind, short, fields }) =>
      fields.map(({ path: at, how, by }) => `${kind} ${short} ${at} ${how}${by === undefined ? "" : ` ${by}`}`),
    ),
    ...gone.map(({ kind, short }) => `${kind} ${short} deleted`),
  ].sort();
