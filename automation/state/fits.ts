import type * as auto from "@pulumi/pulumi/automation/index.js";
import { PROJECT } from "../../components/lab/sections.ts";
import { UserError } from "../../components/program/errors.ts";
import { keyOpening, passphraseIn } from "../engine/sealing.ts";
import type { StoredState } from "../engine/stored-state.ts";
import type { Checkpoint } from "./checkpoint.ts";

/**
 * Refuses a state that is another stack's, or whose secrets this stack's passphrase does not open: with it in place no run would start.
 * @throws UserError with every problem
 */
export async function assertFits(stack: auto.Stack, present: StoredState, saved: Checkpoint): Promise<void> {
  const own = `urn:pulumi:${stack.name}::${PROJECT}::`;
  const { resources = [] } = saved.deployment;
  const foreign = resources.find(({ urn }) => !urn.startsWith(own));
  const problems = [
    ...(foreign || saved.stack.split("/").at(-1) !== stack.name
      ? [`It is not a state of stack ${stack.name} of ${PROJECT}: it says ${saved.stack}.`]
      : []),
    ...(await secretProblems(stack, present, saved)),
  ];
  if (problems.length > 0) throw new UserError(problems);
}

async function secretProblems(stack: auto.Stack, present: StoredState, saved: Checkpoint): Promise<string[]> {
  const [now, then] = [present.deployment.secrets_providers, saved.deployment.secrets_providers];
  if (then?.type === undefined) return [];
  if (now?.type !== undefined && now.type !== then.type)
    return [`Its secrets are kept by ${then.type}, and those of the present state by ${now.type}.`];
  const salt = then.state?.salt;
  // Who has opened the present state opens this one.
  if (then.type !== "passphrase" || salt === undefined || salt === now?.state?.salt) return [];
  const passphrase = await passphraseIn({ ...process.env, ...stack.workspace.envVars }).catch(() => undefined);
  if (passphrase !== undefined && (await keyOpening(passphrase, salt)) !== undefined) return [];
  return [
    "Its secrets were encrypted under another passphrase than this one: set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, to the one of then.",
  ];
}
