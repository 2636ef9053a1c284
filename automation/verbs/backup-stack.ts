import { access, readFile } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { UserError } from "../../components/program/errors.ts";
import { givenFile } from "../backup/given-file.ts";
import { pack, unpack, type Bundle } from "../backup/stack/bundle.ts";
import { gathered } from "../backup/stack/gather.ts";
import { intoBackend, passphraseFor } from "../backup/stack/into-backend.ts";
import { placesIn, putBack } from "../backup/stack/put-back.ts";
import { lockOf, opened, sealed, type Key, type Lock } from "../backup/stack/sealed.ts";
import { madeText, programText, stateText } from "../backup/stack/text.ts";
import { openUserStack } from "../engine/door.ts";
import { orRefusal } from "../engine/refusal.ts";
import { readState } from "../engine/stored-state.ts";
import { streamProgress } from "../progress.ts";
import { PROJECT_FOLDER } from "../project.ts";
import { Repository } from "../rehearsal/base/git.ts";
import { shellWord } from "../shell-word.ts";
import { copyProjectFile } from "../stackfile/project-file.ts";
import { askForSecret } from "./ask-secret.ts";
import { writePrivately } from "./clearml.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface StackBackupFlags extends StackFlags {
  to: string;
  passphraseFile?: string;
  recipient?: string;
  withPassphrase?: true;
  force?: true;
}

/** Writes what the stack itself begins again with into one encrypted file. The lab is not asked. */
export async function make(flags: StackBackupFlags): Promise<void> {
  const { json, to, force, withPassphrase, ...asked } = flags;
  // Before a person is asked for anything.
  if (!force && (await isThere(to)))
    throw new UserError(`${to} is there already. --force overwrites it.`, { exitCode: 2 });
  const lock = lockOf(await chosenLock(asked));
  const progress = streamProgress();
  const { stack: name, folder } = flags;
  const { stack, plan, file } = await openUserStack({ stack: name, folder, create: false, reads: true, progress });
  const { url = "" } = await orRefusal(stack.workspace.whoAmI());
  const bundle = await gathered({
    stack: name,
    folder,
    file,
    plan,
    state: await readState(stack),
    backend: url,
    program: await programFacts(stack.workspace.pulumiVersion),
    head: await headOfProgram(),
    env: { ...process.env, ...stack.workspace.envVars },
    withPassphrase: withPassphrase ?? false,
  });
  const bytes = await sealed(pack(bundle), lock);
  await writePrivately(to, bytes, force ?? false);
  await assertWhole(to, bytes, bundle, lock);
  print({ file: to, bytes: bytes.length, ...bundle.about }, madeText(to, bytes.length, bundle.about, lock), json);
}

export interface OpenFlags {
  folder: string;
  passphraseFile?: string;
  identity?: string;
  json?: true;
}

/** Puts a stack back from such a file: its files into a folder, its state into the backend that the environment names. */
export async function open(from: string, { folder, json, ...asked }: OpenFlags): Promise<void> {
  const bytes = await givenFile(from);
  const bundle = await unpack(from, await opened(from, bytes, await chosenKey(asked)));
  const { about } = bundle;
  const passphrase = await passphraseFor(bundle);
  const placed = placesIn(bundle, folder);
  const progress = streamProgress();
  const { written, undo } = await putBack(placed);
  if (!(await isThere(path.join(folder, "Pulumi.yaml")))) await copyProjectFile(PROJECT_FOLDER, folder);
  let imported: boolean;
  try {
    imported = await progress.task(`Putting the state of ${about.stack} into its backend`, () =>
      intoBackend({ bundle, folder, passphrase, progress }),
    );
  } catch (error) {
    await undo();
    throw error;
  }
  const differs = await otherProgram(bundle);
  const text = [
    imported
      ? `${about.stack}: ${stateText(about)} is in this backend now.`
      : `${about.stack}: its state was in this backend already.`,
    ...placed.map(({ place }) => `  ${place}${written.includes(place) ? "" : " (was there already)"}`),
    ...placed.flatMap(({ note }) => (note === undefined ? [] : [`${note}.`])),
    ...about.without.map((one) => `Not in the backup: ${one}.`),
    ...(about.state.pending > 0
      ? [`${about.state.pending} were begun by the last run and not ended: the next up sees to them.`]
      : []),
    ...(differs === undefined ? [] : [differs]),
    `The kubeconfig reaches the cluster of then, ${about.cluster}. Name in vision-platform:cluster.kubeconfig the one that the lab is to be in.`,
    `See what up would do: npm run platform -- preview --stack ${about.stack}${folderFlag(folder)}. In another cluster: npm run platform -- up --forget-lost --stack ${about.stack}${folderFlag(folder)}`,
  ];
  print({ stack: about.stack, imported, written, about }, text.join("\n"), json);
}

const folderFlag = (folder: string) => (folder === PROJECT_FOLDER ? "" : ` --folder ${shellWord(folder)}`);

const isThere = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );

async function chosenLock({
  passphraseFile,
  recipient,
}: {
  passphraseFile?: string;
  recipient?: string;
}): Promise<Lock> {
  if (recipient !== undefined) return { recipient };
  if (passphraseFile !== undefined) return { passphrase: await firstLineOf(passphraseFile) };
  const passphrase = await askForSecret("Passphrase for the file: ");
  if (process.stdin.isTTY && (await askForSecret("Once more: ")) !== passphrase)
    throw new UserError("The two are not the same. Nothing was written.", { exitCode: 2 });
  return { passphrase };
}

async function chosenKey({ passphraseFile, identity }: { passphraseFile?: string; identity?: string }): Promise<Key> {
  if (identity !== undefined) return { identity };
  if (passphraseFile !== undefined) return { passphrase: await firstLineOf(passphraseFile) };
  return { passphrase: await askForSecret("Passphrase of the file: ") };
}

async function firstLineOf(file: string): Promise<string> {
  const called = `--passphrase-file ${file}`;
  const [line = ""] = (await givenFile(file, called)).toString("utf8").split(/\r?\n/);
  if (line === "") throw new UserError(`${called} has nothing in its first line.`, { exitCode: 2 });
  return line;
}

/** Reads what was written, and opens it where its key is here. */
async function assertWhole(file: string, bytes: Buffer, bundle: Bundle, lock: Lock): Promise<void> {
  const read = await readFile(file);
  const isWhole =
    read.equals(bytes) &&
    ("recipient" in lock ||
      isDeepStrictEqual((await unpack(file, await opened(file, read, lock))).about, bundle.about));
  if (!isWhole) throw new UserError(`${file} is not what was written: see the disk, and write it elsewhere.`);
}

async function programFacts(engine: string) {
  const { version } = JSON.parse(await readFile(path.join(PROJECT_FOLDER, "package.json"), "utf8")) as {
    version: string;
  };
  return { version, node: process.version, engine };
}

/** What this program was checked out from; an unpacked archive has none. */
async function headOfProgram() {
  const repository = await Repository.of(PROJECT_FOLDER);
  return repository instanceof Repository ? repository.head() : undefined;
}

/** What is said where another commit made the backup. */
async function otherProgram({ about }: Bundle): Promise<string | undefined> {
  const { commit } = about.program;
  const head = await headOfProgram();
  if (commit === undefined || head === undefined || head.commit === commit) return undefined;
  return `It was made by ${programText(about)}, and this is commit ${head.commit.slice(0, 12)}: check that one out before up, and upgrade afterwards.`;
}
