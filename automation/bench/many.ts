import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Rehearsal } from "../rehearsal/rehearse.ts";

/** A bare Pulumi program of many objects, open in a process of its own. */
export interface Many {
  preview: () => Promise<void>;
  up: () => Promise<void>;
  end: () => void;
}

/** @param count how many resources it has */
export async function openMany({ home, cluster, env }: Rehearsal, count: number): Promise<Many> {
  // Run by no verb of ours, it would leave its workspace and the Kubernetes plugin's copies of the kubeconfig for good.
  const temporary = path.join(home.folder, "many");
  await mkdir(temporary, { recursive: true });
  const words = [home.folder, cluster.kubeconfig, String(count)];
  const child = fork(path.join(import.meta.dirname, "many-program.mjs"), words, {
    env: { ...process.env, ...env, TMPDIR: temporary },
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await done(child);
  const run = async (verb: "preview" | "up") => {
    child.send(verb);
    await done(child);
  };
  return {
    preview: () => run("preview"),
    up: () => run("up"),
    end: () => {
      child.kill();
    },
  };
}

/** Waits for the end of what a program does. */
async function done(child: ChildProcess): Promise<void> {
  const over = new AbortController();
  try {
    const [answer] = (await Promise.race([
      once(child, "message", over),
      once(child, "exit", over).then(([code]) => [`it ended by itself with ${String(code)}`]),
    ])) as [unknown];
    if (answer !== "done") throw new Error(`The bare program failed: ${String(answer)}`);
  } finally {
    over.abort();
  }
}
