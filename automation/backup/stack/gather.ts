import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Plan } from "../../../components/lab/plan.ts";
import { UserError } from "../../../components/program/errors.ts";
import { keyOpening, passphraseIn } from "../../engine/sealing.ts";
import { hasState } from "../../engine/steps.ts";
import type { StoredState } from "../../engine/stored-state.ts";
import type { Head } from "../../rehearsal/base/git.ts";
import type { StackFile } from "../../stackfile/stack-file.ts";
import { NAMES, sha256Of, type About, type Bundle, type BundledFile } from "./bundle.ts";
import { wholeKubeconfig } from "./kubeconfig.ts";
import { contentOf, leftOutOf, namedIn } from "./named-files.ts";

export interface Gathered {
  stack: string;
  folder: string;
  file: StackFile;
  plan: Plan;
  state: StoredState;
  /** The backend's URL. */
  backend: string;
  program: Omit<About["program"], "commit" | "changed">;
  /** Of the checkout, where it is one. */
  head: Head | undefined;
  /** The environment that the engine takes the passphrase from. */
  env: Readonly<Record<string, string | undefined>>;
  withPassphrase: boolean;
  /** Default: now. */
  made?: Date;
}

/** All that a stack begins again with. @throws UserError where something of it cannot be had */
export async function gathered(from: Gathered): Promise<Bundle> {
  const { stack, folder, file, plan, state, backend, program, head } = from;
  const { text: kubeconfig, server } = await wholeKubeconfig(plan.lab.cluster);
  const passphrase = from.withPassphrase ? await provenPassphrase(state, from.env) : undefined;
  const named = await Promise.all(
    namedIn(file).map(async (one, index) => {
      const content = await contentOf(one, folder);
      return { name: `files/${index}${path.extname(one.named).slice(0, 16)}`, content, about: one };
    }),
  );
  const own: [string, Buffer][] = [
    [NAMES.state, Buffer.from(JSON.stringify(state))],
    [path.basename(file.path), await readFile(file.path)],
    [NAMES.project, await readFile(path.join(folder, NAMES.project))],
    [NAMES.kubeconfig, Buffer.from(kubeconfig)],
    ...(passphrase === undefined ? [] : [[NAMES.passphrase, Buffer.from(passphrase)] as [string, Buffer]]),
  ];
  const files: BundledFile[] = [
    ...own.map(([name, content]) => ({ name, sha256: sha256Of(content) })),
    ...named.map(({ name, content, about }) => ({ name, sha256: sha256Of(content), ...about })),
  ];
  const { resources = [], pending_operations: pending = [], manifest, secrets_providers: secrets } = state.deployment;
  return {
    about: {
      kind: "stack",
      version: 1,
      stack,
      made: (from.made ?? new Date()).toISOString(),
      program: { ...program, ...head },
      state: {
        ...(manifest?.time !== undefined && { saved: manifest.time }),
        resources: resources.filter(hasState).length,
        pending: pending.length,
        backend: withoutUser(backend),
        ...(secrets?.type !== undefined && { secrets: secrets.type }),
      },
      cluster: server,
      files,
      without: leftOutOf(file),
    },
    contents: new Map([...own, ...named.map(({ name, content }) => [name, content] as const)]),
  };
}

/** The stack's passphrase, once it has opened what the state has: another one would be found out when it is too late. */
async function provenPassphrase(state: StoredState, env: Gathered["env"]): Promise<string> {
  const refuse = (why: string) => new UserError(`--with-passphrase: ${why}`, { exitCode: 2 });
  const { type, state: { salt } = {} } = state.deployment.secrets_providers ?? {};
  if (type !== "passphrase" || salt === undefined)
    throw refuse(`this stack has no passphrase: its secrets are kept by ${type ?? "nothing yet"}.`);
  const passphrase = await passphraseIn(env).catch(() => undefined);
  if (passphrase === undefined) throw refuse("set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE.");
  if ((await keyOpening(passphrase, salt)) === undefined)
    throw refuse("PULUMI_CONFIG_PASSPHRASE does not open the secrets of this stack.");
  return passphrase;
}

/** A backend's URL may have a name and a password in it. */
const withoutUser = (url: string): string => url.replace(/^(\w+:\/\/)[^/@?]*@/, "$1");
