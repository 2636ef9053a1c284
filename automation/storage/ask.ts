import { UserError } from "../../components/program/errors.ts";
import { unlessEnded } from "../../components/rest/ending.ts";
import { isLate } from "../../components/rest/errors.ts";
import { whyNoAnswer } from "../../components/rest/no-answer.ts";
import { AdminError, MinioAdmin } from "../../components/storage/client/admin.ts";
import { urlOf, type Place } from "../../components/storage/client/place.ts";
import { s3Of } from "../../components/storage/client/s3.ts";
import type { Made, There } from "../../components/storage/made.ts";
import { isRefusal, regionTold, troubleOf, type Cures } from "./cures.ts";

export interface Question {
  place: Place;
  cures: Cures;
  /** Buckets to ask for, each with its key in the stack file. */
  buckets: readonly { name: string; key: string }[];
  /** What the stack has made and may still be there. */
  made: readonly Made[];
}

export interface Answer extends There {
  /** Id of the deployment; a store that lets these credentials not ask tells none. */
  deployment?: string | undefined;
}

/** The same, when nothing answers on the port after this long. The plugin would wait a minute for each bucket. (plugins.md, 3h) */
const ANSWERS_WITHIN_MS = 10_000;
const SECTION = "vision-platform:objectStore";
/** A policy that nobody has: by the very question that the plugin asks of each policy. */
const NO_POLICY = "vision-platform.asks";

/**
 * What is in the store. Asked before the engine works on any of it: making a bucket that exists fails, a user that is gone fails whatever is
 * done to it, and a store that does not answer, or not to these credentials, loses every bucket from state at a refresh. (guards.ts)
 * @throws UserError with what to do when the store does not answer, refuses the credentials, has another region, keeps a bucket from them, or
 * has no users that could be made
 */
export async function askStore(
  { place, cures, buckets, made }: Question,
  withinMs = ANSWERS_WITHIN_MS,
): Promise<Answer> {
  const soon = <T>(work: Promise<T>) => within(withinMs, work);
  const failure = (error: unknown, refused: string) =>
    new UserError(cures(troubleOf(error, place, refused)), { cause: error });
  const s3 = s3Of(place);
  await soon(s3.listBuckets()).catch((error: unknown) => {
    throw failure(error, "list no buckets");
  });

  const found = new Set<string>();
  const problems: string[] = [];
  // Of each by name: a list shows buckets that one may not use, and may leave out some that are there.
  for (const { name, key } of asked(buckets, made)) {
    try {
      if (await soon(s3.bucketExists(name))) found.add(name);
    } catch (error) {
      // Of the whole store, so of every bucket alike.
      if (regionTold(error) !== undefined) throw failure(error, "");
      problems.push(
        isRefusal(error) && key !== undefined
          ? `${SECTION}.${key}.name: there is a bucket \`${name}\` at ${urlOf(place)} that these credentials may not use. Choose another name, or have them allowed to use it.`
          : cures(troubleOf(error, place, `look at no bucket \`${name}\``)),
      );
    }
  }
  if (problems.length > 0) throw new UserError(problems);
  const admin = new MinioAdmin(place);
  try {
    return { buckets: found, ...(await usersOf(admin, made, soon)), deployment: await deploymentOf(admin, soon) };
  } catch (error) {
    throw failure(error, "make no users and policies");
  }
}

/** Buckets by name: of a bucket that is in the stack file the key is known. */
function asked(buckets: Question["buckets"], made: readonly Made[]): { name: string; key?: string }[] {
  const names = new Set(buckets.map(({ name }) => name));
  const more = made.flatMap((thing) => (thing.kind === "bucket" && !names.has(thing.bucket) ? [thing.bucket] : []));
  return [...buckets, ...more.map((name) => ({ name }))];
}

type Soon = <T>(work: Promise<T>) => Promise<T>;

/** Which of the users and policies made are there. */
async function usersOf(
  admin: MinioAdmin,
  made: readonly Made[],
  soon: Soon,
): Promise<Pick<There, "users" | "policies">> {
  const users = new Map<string, string[]>();
  const policies = new Set<string>();
  await orGone(soon(admin.policy(NO_POLICY)));
  for (const thing of made) {
    if (thing.kind === "user") {
      const user = await orGone(soon(admin.user(thing.user)));
      if (user !== undefined) users.set(thing.user, user.policies);
    }
    if (thing.kind === "policy" && (await orGone(soon(admin.policy(thing.policy)))) !== undefined)
      policies.add(thing.policy);
  }
  return { users, policies };
}

async function orGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AdminError && /NoSuch(User|Policy)$/.test(error.code)) return undefined;
    throw error;
  }
}

/** It needs a right of its own, admin:ServerInfo, which an administrator of buckets and users may lack. */
async function deploymentOf(admin: MinioAdmin, soon: Soon): Promise<string | undefined> {
  try {
    return (await soon(admin.deployment())) || undefined;
  } catch (error) {
    if (error instanceof AdminError) return undefined;
    throw error;
  }
}

/** The S3 client's calls cannot be broken off: what comes of one later, nobody hears. */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  return unlessEnded(AbortSignal.timeout(milliseconds), () => work).catch((error: unknown) => {
    throw isLate(error) ? new Error(whyNoAnswer(error, milliseconds)) : error;
  });
}
