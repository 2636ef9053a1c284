import path from "node:path";
import { closest } from "fastest-levenshtein";
import type { ClearMlAccounts } from "../../components/clearml/accounts.ts";
import { clearmlConf } from "../../components/clearml/conf.ts";
import { UserError } from "../../components/program/errors.ts";
import { openUserStack } from "../engine/door.ts";
import { readOutputs } from "../engine/outputs.ts";
import { streamProgress } from "../progress.ts";
import { writeWhole } from "../whole-file.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface ConfFlags extends StackFlags {
  for?: string;
  agent?: true;
  output?: string;
  storeCa?: string;
  force?: true;
}

/** A complete clearml.conf for a person, or for an agent outside the cluster. */
export async function writeConf({
  stack: name,
  folder,
  json,
  output,
  storeCa,
  force,
  ...who
}: ConfFlags): Promise<void> {
  if (who.for === undefined && !who.agent) {
    throw new UserError("Say whose: --for USERNAME, or --agent.", { exitCode: 2 });
  }
  const progress = streamProgress();
  const { stack } = await openUserStack({ stack: name, folder, create: false, reads: true, progress });
  const outputs = await readOutputs(stack, { showSecrets: true });
  const beside = output === undefined ? undefined : path.join(path.dirname(path.resolve(output)), CA_FILE);
  const { text, ca } = confIn(outputs, who.for, storeCa ?? beside);
  if (output === undefined) {
    print({ conf: text }, text, json);
    return;
  }
  await writePrivately(output, text, force ?? false);
  const files = [output];
  if (ca !== undefined && storeCa === undefined && beside !== undefined) {
    await writePrivately(beside, ca, true);
    files.push(beside);
  }
  print({ file: output, ...(files[1] && { storeCa: files[1] }) }, "", json);
  progress.line(`Written to ${files.join(" and ")}, readable by you alone.`);
}

/** The certificate of the store's private authority, beside a clearml.conf. */
const CA_FILE = "clearml-store-ca.crt";

/**
 * A clearml.conf from the outputs of a stack.
 * @param username a person's; undefined for an agent's
 * @param caFile where the machine it is for has the certificate of the object store's private authority
 * @returns its text, and the certificate where the store has one of a private authority
 * @throws UserError when the stack has no ClearML, or no such user, or nothing says where the certificate is
 */
export function confIn(
  outputs: Readonly<Record<string, unknown>>,
  username: string | undefined,
  caFile?: string,
): { text: string; ca: string | undefined } {
  const { clearml, secrets } = outputs as {
    clearml?: { webUrl: string; apiUrl: string; filesUrl: string };
    secrets?: { clearml?: ClearMlAccounts };
  };
  const accounts = secrets?.clearml;
  if (!clearml || !accounts) {
    throw new UserError("This stack has no ClearML yet: set vision-platform:clearml.enabled, and run `up` first.");
  }
  const { accessKey, secretKey, s3 } = username === undefined ? accounts.agent : personIn(accounts, username);
  const needed = (s3?.outside ?? s3)?.secure === true ? s3?.ca : undefined;
  if (needed !== undefined && caFile === undefined) {
    throw new UserError(
      "The object store's certificate is of a private authority (vision-platform:objectStore.ca). Say where that machine has it, --store-ca /etc/ssl/store-ca.crt; or write both files with --output.",
      { exitCode: 2 },
    );
  }
  const text = clearmlConf({
    urls: { web: clearml.webUrl, api: clearml.apiUrl, files: clearml.filesUrl },
    credentials: { accessKey, secretKey },
    s3,
    ...(caFile !== undefined && { caFile }),
  });
  return { text, ca: needed };
}

/**
 * A person signs in with the name and password of the web interface: what they make is then theirs there too, and there is nothing more to
 * hand out or to rotate. Declared key pairs would be users of their own. (clearml.md 1.11, routes A and B)
 */
function personIn({ users }: ClearMlAccounts, username: string): ClearMlAccounts["agent"] {
  const person = users.find((user) => user.username === username);
  if (person) return { accessKey: person.username, secretKey: person.password, s3: person.s3 };
  const names = users.map((user) => user.username);
  throw new UserError(
    `There is no ClearML user \`${username}\`. Did you mean \`${closest(username, names)}\`? Known: ${names.join(", ")}. ` +
      "Who may sign in is declared in vision-platform:clearml.users.",
    { exitCode: 2 },
  );
}

/** Writes a file for its owner alone, whole or not at all. @throws UserError where it is there and is not to be written over */
export async function writePrivately(file: string, text: string | Buffer, force: boolean): Promise<void> {
  try {
    await writeWhole(file, text, force);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new UserError(`${file} is there already. --force overwrites it.`, { cause: error });
    throw new UserError(`${file} cannot be written (${code ?? "unknown"}).`, { cause: error });
  }
}
