import { access } from "node:fs/promises";
import { hostname } from "node:os";
import { closest } from "fastest-levenshtein";
import { everybody } from "../../components/cvat/users/users-config.ts";
import type { Organization } from "../../components/cvat/client/types.ts";
import { UserError } from "../../components/program/errors.ts";
import type { DataLab } from "../data/connect/lab.ts";
import { inDataLab } from "../data/connect/run.ts";
import { expiryOf } from "../data/tokens/expiry.ts";
import { loginKeyFile, tokenFile, type FileFacts } from "../data/tokens/token-file.ts";
import {
  hasTokens,
  listTokens,
  makeToken,
  revokeToken,
  tokenNamed,
  type AccessToken,
} from "../../components/cvat/tokens/access-tokens.ts";
import { streamProgress } from "../progress.ts";
import { textTable } from "../report/table.ts";
import { writePrivately } from "./clearml.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

export interface TokenFlags extends StackFlags {
  /** The person. */
  for: string;
}

export interface MakeFlags extends TokenFlags {
  output: string;
  readOnly?: true;
  expires?: string;
  name?: string;
  force?: true;
}

const LONGEST_NAME = 50;
const DEFAULT_EXPIRY = "90d";
/** What stands for the only credential of a CVAT without tokens. */
const LOGIN_KEY = "login-key";

/** Makes a token of a person, by that person's own password as the stack has it, and writes it to a file. */
export async function makeOne(flags: MakeFlags): Promise<void> {
  const { json, for: username, output, readOnly = false, expires, force = false } = flags;
  const name = flags.name ?? `npm run platform, ${hostname()}`.slice(0, LONGEST_NAME);
  if (name.trim() === "" || name.length > LONGEST_NAME)
    throw new UserError(`--name must have 1 to ${LONGEST_NAME} characters: CVAT takes no others.`, { exitCode: 2 });
  const expiry_date = expiryOf(expires ?? DEFAULT_EXPIRY, Date.now());
  // Before there is a token that would have nowhere to go.
  if (!force && (await isThere(output)))
    throw new UserError(`${output} is there already. --force overwrites it.`, { exitCode: 2 });
  const progress = streamProgress();
  await inDataLab(flags, progress, async (lab) => {
    const { cvat, facts } = await personIn(lab, flags);
    const about = { file: output, user: username };
    if (!hasTokens(facts.version)) {
      if (readOnly || expires !== undefined)
        throw new UserError(
          `CVAT ${facts.version} has no access tokens, which came with 2.48, but a login key: that can neither be read-only nor end by itself. Leave --read-only and --expires out.`,
          { exitCode: 2 },
        );
      const { token = "" } = await cvat.account();
      await writePrivately(output, loginKeyFile(token, facts), force);
      print({ ...about, kind: LOGIN_KEY }, "", json);
      progress.line(`Written to ${output}, readable by you alone: the login key of ${username}.`);
      return;
    }
    const token = await makeToken(cvat, { name, read_only: readOnly, expiry_date });
    try {
      await writePrivately(output, tokenFile(token, facts), force);
    } catch (error) {
      // Also where this was stopped meanwhile.
      await revokeToken(await lab.cvatOf(username, { signal: null }), token);
      throw error;
    }
    print({ ...about, kind: "access-token", ...shown(token) }, "", json);
    progress.line(`Written to ${output}, readable by you alone: token ${token.id}, ${wordsOf(token)}.`);
  });
}

/** The tokens of a person that work. */
export async function list(flags: TokenFlags): Promise<void> {
  const { json, for: username } = flags;
  await inDataLab(flags, streamProgress(), async (lab) => {
    const { cvat, facts } = await personIn(lab, flags);
    if (!hasTokens(facts.version)) throw withoutTokens(facts.version);
    const tokens = await listTokens(cvat);
    const rows = tokens.map(({ id, name, read_only, created_date, expiry_date, last_used_date }) => [
      String(id),
      name,
      read_only ? "read" : "read and write",
      dayOf(created_date),
      expiry_date === null ? "never" : dayOf(expiry_date),
      last_used_date == null ? "never" : dayOf(last_used_date),
    ]);
    const text =
      rows.length === 0
        ? `${username} has no token that works.`
        : textTable(["number", "name", "may", "made", "ends", "used last"], rows);
    print({ user: username, tokens: tokens.map(shown) }, text, json);
  });
}

export interface RevokeFlags extends TokenFlags {
  yes?: string;
}

/** Takes a token back where it is named twice; else says which would go. */
export async function revoke(wanted: string, flags: RevokeFlags): Promise<void> {
  const { json, for: username, yes } = flags;
  if (yes !== undefined && yes !== wanted)
    throw new UserError(`--yes says ${yes}, and the token is ${wanted}: nothing was revoked.`, { exitCode: 2 });
  await inDataLab(flags, streamProgress(), async (lab) => {
    const { cvat, facts } = await personIn(lab, flags);
    if (!hasTokens(facts.version)) {
      if (wanted !== LOGIN_KEY) throw withoutTokens(facts.version);
      if (yes === undefined) {
        print(
          { user: username, revoked: false },
          `${username} would be signed out of CVAT everywhere. To do it: --yes ${LOGIN_KEY}.`,
          json,
        );
        return;
      }
      await cvat.post("auth/logout", {});
      print({ user: username, revoked: true }, `The login key of ${username} opens nothing any more.`, json);
      return;
    }
    const token = tokenNamed(await listTokens(cvat), wanted, username);
    const about = `Token ${token.id} of ${username}, "${token.name}" (${wordsOf(token)}),`;
    if (yes === undefined) {
      print(
        { user: username, revoked: false, ...shown(token) },
        `${about} would be revoked. To do it: --yes ${wanted}.`,
        json,
      );
      return;
    }
    await revokeToken(cvat, token);
    print({ user: username, revoked: true, ...shown(token) }, `${about} opens nothing any more.`, json);
  });
}

/** CVAT for the person that a token is of, and what its file says. */
async function personIn(lab: DataLab, { for: username, stack }: TokenFlags) {
  const { plan } = lab;
  const names = everybody(plan.lab.cvat).map((person) => person.username);
  if (plan.cvat && !names.includes(username))
    throw new UserError(
      `The stack knows no password of \`${username}\`. Did you mean \`${closest(username, names)}\`? Known: ${names.join(", ")}. Only a person himself can make a token; who is not in vision-platform:cvat.users does it in CVAT, by his profile.`,
      { exitCode: 2 },
    );
  refuseWhoSignsInByAnIssuer(lab, username);
  const [cvat, url] = [await lab.cvatOf(username), await lab.urlOfCvat()];
  const version = plan.cvat?.versions.version ?? "";
  const organizations = (await cvat.list<Organization>("organizations")).map(({ slug }) => slug).sort();
  const facts: FileFacts = { username, url, version, organizations, stack };
  return { cvat, facts };
}

/** Without his password nobody makes a token in his name. (components/sso/django/passwords.py) */
function refuseWhoSignsInByAnIssuer({ plan: { lab } }: DataLab, username: string): void {
  const person = everybody(lab.cvat).find((one) => one.username === username);
  if (lab.sso?.passwordLogin !== false || person?.program || username === lab.cvat.superuser.username) return;
  throw new UserError(
    `CVAT takes no password of ${username}: vision-platform:sso.passwordLogin is off, and without one nobody can make tokens in that name. ` +
      "Set `program: true` at a user of vision-platform:cvat.users that is a program's and run up; people make their own in CVAT, by their profile.",
    { exitCode: 2 },
  );
}

const withoutTokens = (version: string) =>
  new UserError(
    `CVAT ${version} has no access tokens, which came with 2.48, but one login key for each account: revoke ${LOGIN_KEY}.`,
    { exitCode: 2 },
  );

const shown = ({ id, name, read_only, created_date, expiry_date, last_used_date }: AccessToken) => ({
  id,
  name,
  readOnly: read_only,
  created: created_date,
  expires: expiry_date,
  lastUsed: last_used_date ?? null,
});

const wordsOf = ({ read_only, expiry_date }: AccessToken) =>
  `${read_only ? "for reading" : "for reading and writing"}, ${expiry_date === null ? "without an end" : `until ${dayOf(expiry_date)}`}`;

const dayOf = (time: string) => time.slice(0, 10);

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
