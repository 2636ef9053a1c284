import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { runningProcesses } from "../../../automation/processes.ts";
import { RUN_TYPESCRIPT } from "../../../automation/project.ts";
import { until } from "../../../components/rest/until.ts";
import { whyNoKeycloak } from "./obtain.ts";

const why = await whyNoKeycloak();

it.skipIf(why !== undefined)(
  `Java ends with a test that is killed outright${why === undefined ? "" : `, left out: ${why}`}`,
  async () => {
    const owner = spawn(process.execPath, [RUN_TYPESCRIPT, path.join(import.meta.dirname, "owner.ts")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void owner.kill("SIGKILL"));
    const [said] = (await once(owner.stdout, "data")) as [Buffer];
    const port = new URL(said.toString().trim()).port;
    const java = () => runningProcesses().filter(({ words }) => words.includes(`--http-port=${port}`));
    expect(java().some(({ words }) => words.includes("io.quarkus.bootstrap.runner.QuarkusEntryPoint"))).toBe(true);
    const home = /-Dkc\.home\.dir=(\S+?)\/keycloak\//.exec(
      java()
        .flatMap(({ words }) => words)
        .join(" "),
    )?.[1];
    owner.kill("SIGKILL");
    const left = await until(() => Promise.resolve(java()), {
      isDone: (found) => found.length === 0,
      everyMs: 100,
      withinMs: 10_000,
    });
    expect(left).toEqual([]);
    // Nobody is left who would.
    if (home !== undefined) await rm(home, { recursive: true, force: true });
  },
);
