import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseDocument } from "yaml";
import { runEngine, type Outcome } from "../../../automation/engine/run.ts";
import { silentProgress } from "../../../automation/progress.ts";
import { startLab, startScene, type Lab } from "../harness.ts";
import { killedUp, type Killed } from "./kill.ts";
import type { Kill } from "./moment.ts";
import { behindProxies, type Proxied } from "./proxied.ts";
import { leftOf, worldOf, type World } from "./world.ts";

/** The whole homelab behind proxies, to be killed while it is brought up. */
export interface KillLab {
  lab: Lab;
  proxied: Proxied;
  /** Sets a key of the stack file: `["objectStore", "keyRotations"]`. */
  set(place: readonly [section: string, ...path: string[]], value: unknown): Promise<void>;
  /** Brings it up, to be killed at the first of these moments. */
  killed(...kills: Kill[]): Promise<Killed>;
  /** Brings it up undisturbed, as a person does after a kill. */
  up(): Promise<{ outcome: Outcome; lines: string[] }>;
  world(): Promise<World>;
  left(): Promise<string[]>;
  end(): Promise<void>;
}

/** A lab that is ready to be brought up; nothing of it is there yet. */
export async function startKillLab(): Promise<KillLab> {
  const lab = await startLab({}, { whole: true });
  try {
    await lab.prepare();
    return await killLabIn(lab);
  } catch (error) {
    await lab.end();
    throw error;
  }
}

/** The world of the homelab as a run makes it that nobody disturbs. */
export async function undisturbed(): Promise<World> {
  const { lab } = await startScene({}, { whole: true });
  try {
    return await worldOf(lab.rehearsal());
  } finally {
    await lab.end();
  }
}

async function killLabIn(lab: Lab): Promise<KillLab> {
  const rehearsal = lab.rehearsal();
  const proxied = await behindProxies(rehearsal);
  const file = path.join(lab.home.folder, "stack", `Pulumi.${rehearsal.stack.name}.yaml`);
  return {
    lab,
    proxied,
    async set([section, ...rest], value) {
      const document = parseDocument(await readFile(file, "utf8"));
      document.setIn(["config", `vision-platform:${section}`, ...rest], document.createNode(value));
      await writeFile(file, document.toString({ lineWidth: 0 }));
    },
    killed: (...kills) => killedUp(rehearsal, proxied, kills),
    async up() {
      const lines: string[] = [];
      const progress = { ...silentProgress, line: (text: string) => void lines.push(text) };
      return { outcome: await runEngine(rehearsal.stack, "up", { progress }), lines };
    },
    world: () => worldOf(rehearsal),
    left: () => leftOf(rehearsal),
    async end() {
      await proxied.end();
      await lab.end();
    },
  };
}
