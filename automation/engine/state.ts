import type * as auto from "@pulumi/pulumi/automation/index.js";
import { specialSecretSig, specialSigKey } from "@pulumi/pulumi/runtime/rpc.js";
import { execa } from "execa";
import type { StateResource } from "../../components/program/state.ts";
import { orRefusal } from "./refusal.ts";

/** The resources of a stack as its last run left them; what is only waiting to be deleted is left out. */
export async function stateOf(stack: Pick<auto.Stack, "exportStack">): Promise<StateResource[]> {
  return (await givenOf(stack)).map(({ urn, type, outputs }) => ({ urn, type, outputs }));
}

/** The same with what the program gave each, secrets in clear too. */
export async function givenOf(
  stack: Pick<auto.Stack, "exportStack">,
): Promise<(StateResource & { inputs: StateResource["outputs"] })[]> {
  const deployment: unknown = (await orRefusal(stack.exportStack())).deployment;
  const { resources = [] } = deployment as { resources?: Stored[] };
  const clear = (values: object = {}) => inClear(values) as StateResource["outputs"];
  return resources.flatMap(({ urn = "", type = "", inputs, outputs, delete: isGoing }) =>
    isGoing ? [] : [{ urn, type, inputs: clear(inputs), outputs: clear(outputs) }],
  );
}

type Stored = Partial<StateResource> & { inputs?: object; delete?: boolean };

/** The engine exports a secret as an envelope around its JSON. */
function inClear(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inClear);
  if (typeof value !== "object" || value === null) return value;
  const object = value as Record<string, unknown>;
  if (object[specialSigKey] === specialSecretSig) return inClear(JSON.parse(String(object["plaintext"])));
  return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, inClear(inner)]));
}

/** Takes a resource out of the state and leaves alone what it stands for. By the engine's own verb: an import would lay every secret in a file. */
export async function forget({ name, workspace }: auto.Stack, urn: string): Promise<void> {
  await execa(
    workspace.pulumiCommand.command,
    ["state", "delete", urn, "--yes", "--stack", name, "--non-interactive"],
    { cwd: workspace.workDir, env: workspace.envVars },
  );
}
