import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { vi } from "vitest";
import { silentProgress } from "../../../automation/progress.ts";
import { CLUSTER_PROGRAMS, startCluster } from "../../../automation/rehearsal/cluster/cluster.ts";
import { createHome, removeHome } from "../../../automation/rehearsal/cluster/homes.ts";
import { obtainTools } from "../../../automation/tools/obtain.ts";
import { goModule, traefikModule } from "./program.ts";

/** The release whose kinds Traefik 3.7.13 is built on. (its go.mod) */
const GATEWAY_API = "sigs.k8s.io/gateway-api@v1.6.1";

export interface Told {
  exitCode: number | undefined;
  all: string;
}

export interface DefinedCluster {
  kubeconfig: string;
  kubectl(args: readonly string[], input?: unknown): Promise<Told>;
  close(): Promise<void>;
}

/** A real API server with the real definitions of Traefik and of the Gateway API, and a Namespace `cvat`. */
export async function startDefinedCluster(): Promise<DefinedCluster> {
  const folder = mkdtempSync(path.join(tmpdir(), "vision-platform-definitions-"));
  const tools = await obtainTools([...CLUSTER_PROGRAMS], { progress: silentProgress });
  // Programs come from the user's cache; a cluster of the test is no one else's.
  vi.stubEnv("VISION_PLATFORM_CACHE", folder);
  const { folder: home } = await createHome("definitions", { kept: false });
  vi.unstubAllEnvs();
  const close = async () => {
    await removeHome(home);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { kubeconfig } = await startCluster({ home, tools, progress: { update: () => undefined }, unpullable: [] });
    const program = tools.find(({ name }) => name === "kubectl")?.path ?? "kubectl";
    const kubectl = async (args: readonly string[], input?: unknown): Promise<Told> => {
      const { exitCode, all } = await execa(program, [...args, "--kubeconfig", kubeconfig], {
        all: true,
        reject: false,
        ...(input !== undefined && { input: JSON.stringify(input) }),
      });
      return { exitCode, all };
    };
    const [traefik, gateway] = await Promise.all([traefikModule(), goModule(GATEWAY_API)]);
    for (const commands of [
      [
        "apply",
        "--server-side",
        "-f",
        path.join(traefik, "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml"),
      ],
      ["apply", "--server-side", "-f", path.join(gateway, "config/crd/standard")],
      ["wait", "--for=condition=Established", "--all", "crd", "--timeout=60s"],
      ["create", "namespace", "cvat"],
    ]) {
      const { exitCode, all } = await kubectl(commands);
      if (exitCode !== 0) throw new Error(all);
    }
    return { kubeconfig, kubectl, close };
  } catch (error) {
    await close();
    throw error;
  }
}
