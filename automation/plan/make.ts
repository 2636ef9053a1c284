import { hostname, userInfo } from "node:os";
import path from "node:path";
import { tokenOf } from "../../components/records/tokens.ts";
import { UserError } from "../../components/program/errors.ts";
import { cacheFolder } from "../cache.ts";
import type { UserStack } from "../engine/door.ts";
import { UNSEEN } from "../engine/counts.ts";
import { hiding, knownSecrets, setSecrets } from "../engine/known-secrets.ts";
import { seeingRegistered, type Registered } from "../engine/registered.ts";
import type { Around, Outcome, Seen } from "../engine/run.ts";
import { keyOpening, passphraseIn } from "../engine/sealing.ts";
import { decrypted } from "../engine/secrets-in.ts";
import { readState, type StoredState } from "../engine/stored-state.ts";
import type { Given, Step } from "../engine/steps.ts";
import { PROJECT_FOLDER } from "../project.ts";
import type { PlanKey } from "./hmac.ts";
import { plannedSteps, registeredName } from "./of-steps.ts";
import { FORMAT, VERSION, type SavedPlan } from "./plan.ts";
import { chartsOf, digestOf, programDigest, programsOf, valuesDigest, version } from "./sources.ts";

/** A preview that is watched for a plan. */
export interface Watched {
  /** For the preview's run. */
  around: Around;
  /** The plan of what the preview saw. */
  plan: (seen: Seen, outcome: Outcome, key: PlanKey) => Promise<Omit<SavedPlan, "seal">>;
  /** Digest of the state as it was before the preview. */
  state: string;
}

/** Makes ready for a preview of which there is to be a plan. @throws UserError where the stack's secrets are not opened by a passphrase */
export async function watch(opened: UserStack, folder: string): Promise<Watched> {
  const { stack, file } = opened;
  const stored = await readState(stack);
  const inputs = await inClear(stored, { ...process.env, ...stack.workspace.envVars });
  const registered = new Map<string, Registered>();
  return {
    around: seeingRegistered((one) => registered.set(registeredName(one), one)),
    state: stateDigest(stored),
    async plan(seen, { counts }, key) {
      const [secrets, set] = [await knownSecrets(stack, file), await setSecrets(stack, file)];
      const planning = {
        registered,
        stored: inputs,
        mark: key.mark,
        hide: hiding(secrets),
        folders: foldersOf(folder),
      };
      const steps = plannedSteps(seen.steps, planning);
      const { time: written } = stored.deployment.manifest ?? {};
      return {
        format: FORMAT,
        version: VERSION,
        stack: stack.name,
        saved: { at: new Date().toISOString(), ...whoseRun(process.env) },
        lab: labOf(seen.steps),
        state: { digest: stateDigest(stored), ...(written !== undefined && { written }) },
        source: {
          program: await programDigest(),
          version,
          stackFile: valuesDigest(file),
          secrets: Object.fromEntries(set.map(({ key: name, value }) => [name, key.mark([name], value)])),
          charts: await chartsOf(opened),
          programs: programsOf(opened),
        },
        steps,
        unchanged: seen.steps.length - steps.length,
        unseen: counts[UNSEEN] ?? 0,
        salt: key.salt,
      };
    },
  };
}

/** A digest of what a state says of its resources. */
export function stateDigest({ deployment: { resources = [], pending_operations: pending = [] } }: StoredState): string {
  return digestOf([resources, pending]);
}

/** Inputs by URN, with what is encrypted in clear. */
async function inClear(
  { deployment: { resources = [], secrets_providers: manager } }: StoredState,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ReadonlyMap<string, Given>> {
  if (resources.length === 0) return new Map();
  const passphrase = await passphraseIn(env);
  const { type, state: { salt = "" } = {} } = manager ?? {};
  const key = passphrase === undefined || type !== "passphrase" ? undefined : await keyOpening(passphrase, salt);
  if (key === undefined)
    throw new UserError(
      "A plan needs a stack whose secrets open with a passphrase: pulumi stack change-secrets-provider passphrase.",
    );
  const there = resources.filter((resource) => resource.delete !== true);
  return new Map(there.map(({ urn, inputs = {} }) => [urn, decrypted(inputs, key) as Given]));
}

/** The longest first: one may lie in another. */
function foldersOf(folder: string): (readonly [string, string])[] {
  const all: [string, string][] = [
    [PROJECT_FOLDER, "(checkout)"],
    [path.resolve(folder), "(folder)"],
    [cacheFolder(), "(cache)"],
  ];
  // A folder near the root is the beginning of many a path that has nothing to do with it.
  return all.filter(([one]) => one.split(path.sep).length > 2).sort(([one], [other]) => other.length - one.length);
}

/** What says which cluster and which store the lab is in. */
function labOf(steps: readonly Step[]): SavedPlan["lab"] {
  const given = (token: string, key: string) => {
    const value = steps.find(({ type }) => tokenOf(type) === token)?.after?.[key];
    return typeof value === "string" ? value : undefined;
  };
  const [cluster, store] = [given("preflight:Cluster", "uid"), given("storage:Presence", "deployment")];
  return { ...(cluster !== undefined && { cluster }), ...(store !== undefined && { store }) };
}

/** Who runs this, as far as it is known. */
function whoseRun(env: Readonly<Record<string, string | undefined>>): Pick<SavedPlan["saved"], "by" | "revision"> {
  const revision = env["GITHUB_SHA"] ?? env["CI_COMMIT_SHA"];
  const person = env["GITHUB_ACTOR"] ?? env["GITLAB_USER_LOGIN"] ?? userName();
  return { by: `${person} on ${hostname()}`, ...(revision !== undefined && { revision }) };
}

/** A container may run under a number that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? ""}`.trim();
  }
}
