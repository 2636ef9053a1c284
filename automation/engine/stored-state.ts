import type * as auto from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import type { StateResource } from "../../components/program/state.ts";
import { refusedBy } from "./refusal.ts";

/** A resource of a state, with the others it names. */
export interface StoredResource extends Partial<StateResource> {
  urn: string;
  type: string;
  custom?: boolean;
  /** Secrets are encrypted. */
  inputs?: Readonly<Record<string, unknown>>;
  dependencies?: string[];
  propertyDependencies?: Record<string, string[]>;
  deletedWith?: string;
  /** It is only waiting to be deleted. */
  delete?: boolean;
}

/** What an engine had begun and not noted the end of when it was killed. */
export interface PendingOperation {
  type: "creating" | "updating" | "deleting" | "reading" | "importing";
  resource: StoredResource & { provider?: string };
}

/** A stack's state as the backend has it: secrets are encrypted. */
export interface StoredState {
  /** Of the form in which it is written. */
  version?: number;
  features?: string[];
  deployment: {
    /** When it was written, RFC 3339. */
    manifest?: { time?: string };
    /** How its secrets are encrypted; of a stack that has nothing yet: left out. */
    secrets_providers?: { type?: string; state?: { salt?: string } };
    resources?: StoredResource[];
    pending_operations?: PendingOperation[];
  };
}

// Not Stack.exportStack and importStack: they decrypt every secret, and write them to a file that every user of the machine may read.

/** Reads a stack's state. @throws UserError with what the engine refuses */
export async function readState(stack: auto.Stack): Promise<StoredState> {
  return JSON.parse(await run(stack, ["stack", "export"])) as StoredState;
}

/** What each property of each resource was worked out from, by URNs. */
export function dependenciesIn({ deployment }: StoredState): Record<string, Record<string, string[]>> {
  return Object.fromEntries(
    (deployment.resources ?? []).flatMap(({ urn, propertyDependencies }) =>
      propertyDependencies ? [[urn, propertyDependencies]] : [],
    ),
  );
}

/** Writes a stack's state in the place of what it has, under its lock. @throws UserError with what the engine refuses */
export async function writeState(stack: auto.Stack, state: StoredState): Promise<void> {
  await run(stack, ["stack", "import"], JSON.stringify(state));
}

async function run({ name, workspace }: auto.Stack, verb: readonly string[], input?: string): Promise<string> {
  const { command } = workspace.pulumiCommand;
  const ran = await execa(command, [...verb, "--stack", name, "--non-interactive"], {
    cwd: workspace.workDir,
    env: workspace.envVars,
    input,
    reject: false,
  });
  if (ran.failed) throw refusedBy(ran.stderr, new Error(ran.shortMessage));
  return ran.stdout;
}
