import path from "node:path";
import { UserError } from "../../../components/program/errors.ts";
import { cacheFolder } from "../../cache.ts";
import { ENGINE_PROGRAMS } from "../../engine/door.ts";
import { keyOpening, passphraseIn } from "../../engine/sealing.ts";
import { openStack } from "../../engine/stack.ts";
import { readState, writeState, type StoredState } from "../../engine/stored-state.ts";
import type { Progress } from "../../progress.ts";
import { isSameState } from "../../state/checkpoint.ts";
import { engineEnvironment } from "../../tools/environment.ts";
import { obtainTools } from "../../tools/obtain.ts";
import { NAMES, type Bundle } from "./bundle.ts";

const stateIn = ({ contents }: Bundle): StoredState =>
  JSON.parse(contents.get(NAMES.state)?.toString("utf8") ?? "{}") as StoredState;

/**
 * The passphrase that opens the stack's secrets: the environment's, or that of the backup.
 * @returns undefined where the secrets are kept by another service
 * @throws UserError, exit code 2, where it is not here: with another one no run would start
 */
export async function passphraseFor(bundle: Bundle): Promise<string | undefined> {
  const { type, state: { salt } = {} } = stateIn(bundle).deployment.secrets_providers ?? {};
  if (type !== "passphrase" || salt === undefined) return undefined;
  const own = bundle.contents.get(NAMES.passphrase)?.toString("utf8");
  const given = await passphraseIn(process.env).catch(() => undefined);
  for (const one of [given, own]) if (one !== undefined && (await keyOpening(one, salt)) !== undefined) return one;
  throw new UserError(
    given === undefined
      ? "The stack's own passphrase is not in this backup: set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE. Nothing was put back."
      : "PULUMI_CONFIG_PASSPHRASE does not open the secrets of this backup: it must be the one of then. Nothing was put back.",
    { exitCode: 2 },
  );
}

export interface IntoBackend {
  bundle: Bundle;
  /** Where Pulumi.yaml and the stack file lie. */
  folder: string;
  passphrase: string | undefined;
  progress: Progress;
}

/**
 * Writes the backup's state into the backend that the environment names.
 * @returns false where it was there already
 * @throws UserError where the stack has another state there, which stays
 */
export async function intoBackend({ bundle, folder, passphrase, progress }: IntoBackend): Promise<boolean> {
  const { stack: name } = bundle.about;
  const tools = await obtainTools(ENGINE_PROGRAMS, { progress });
  const engine = path.join(cacheFolder(), "engine");
  const env = {
    ...(await engineEnvironment(tools, { links: path.join(engine, "bin") })),
    ...(passphrase !== undefined && { PULUMI_CONFIG_PASSPHRASE: passphrase }),
  };
  const stack = await openStack({ stack: name, folder, engine, env, create: true });
  const wanted = stateIn(bundle);
  const present = await readState(stack);
  const count = present.deployment.resources?.length ?? 0;
  if (count > 0 && isSameState(present.deployment, wanted.deployment)) return false;
  if (count > 0)
    throw new UserError(
      `Stack ${name} has a state of ${count} resources in this backend already, which is another. It stays, and nothing was put back: name another backend in PULUMI_BACKEND_URL.`,
      { exitCode: 2 },
    );
  await writeState(stack, wanted);
  if (!isSameState((await readState(stack)).deployment, wanted.deployment))
    throw new UserError(
      `The engine took the state of ${name}, and it is another now: somebody else works on this stack.`,
    );
  return true;
}
