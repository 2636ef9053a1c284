import * as k8s from "@pulumi/kubernetes";
import { UserError } from "../../components/program/errors.ts";
import type { Tool } from "../../automation/tools/obtain.ts";
import { engineIn } from "./engine.ts";

/**
 * A process that brings a program up which waits for ever once the Kubernetes plugin is there, and says so on stdout:
 * `node ../../loader/run.mjs waiting-run.ts FOLDER TOOLS`. With a third word the program does not wait.
 */
const [, , folder = "", tools = "", through] = process.argv;
const kubeconfig = {
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "none", cluster: { server: "http://127.0.0.1:1" } }],
  users: [{ name: "nobody", user: {} }],
  contexts: [{ name: "none", context: { cluster: "none", user: "nobody" } }],
  "current-context": "none",
};

async function program(): Promise<void> {
  const provider = new k8s.Provider("cluster", { kubeconfig: JSON.stringify(kubeconfig) });
  await new Promise((resolve) => provider.id.apply(resolve));
  if (through !== undefined) return;
  process.stdout.write("waiting\n");
  await new Promise(() => setInterval(() => undefined, 60_000));
}

const engine = await engineIn({ folder, tools: JSON.parse(tools) as Tool[], program });
const failure = await engine.run("up").then(
  () => undefined,
  (error: unknown) => error,
);
const words = failure instanceof Error ? [failure.message] : [];
process.stderr.write([...engine.lines, ...words].join("\n"));
process.exit(failure === undefined ? 0 : failure instanceof UserError ? failure.exitCode : 1);
