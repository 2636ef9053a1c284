import type * as auto from "@pulumi/pulumi/automation/index.js";
import { attach } from "../../provider/attach.ts";
import { OWN_PROVIDER } from "../../provider/own.ts";
import { standInsFor } from "../plugins/attached.ts";
import { withVariables } from "./variables.ts";

/** Runs the engine with our own provider, and with the plugins of ours that stand in, served by this process. */
export async function withProviders<T>({ workDir, envVars }: auto.Workspace, run: () => Promise<T>): Promise<T> {
  const { env, detach } = await attach([OWN_PROVIDER, ...(await standInsFor(workDir, envVars))]);
  try {
    return await withVariables(envVars, env, run);
  } finally {
    detach();
  }
}
