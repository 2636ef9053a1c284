import { CvatClient } from "../../../components/cvat/client/client.ts";
import type { Plan } from "../../../components/lab/plan.ts";
import { UserError } from "../../../components/program/errors.ts";
import type { Session } from "../../../components/rest/session.ts";
import type { S3Place } from "../../../components/storage/client/s3.ts";
import type { StorePlan } from "../../../components/storage/plan.ts";
import { bucketOf } from "../store/bucket.ts";
import type { Store } from "../store/objects.ts";
import type { CvatSpace } from "../cvat/space.ts";
import { openUserStack } from "../../engine/door.ts";
import { readOutputs } from "../../engine/outputs.ts";
import { saidWhenSlow, type Progress } from "../../progress.ts";
import { addressOfCvat, addressOfStore } from "./addresses.ts";
import { organizationOf } from "./organization.ts";
import { accountOf, assertKnown, personOf } from "./people.ts";
import { Ways } from "./ways.ts";

/** What tells a data verb which lab it is about, and as whom. */
export interface DataFlags {
  stack: string;
  /** Where Pulumi.yaml and the stack file lie. */
  folder: string;
  /** A person of the stack. Default: CVAT as the superuser, the object store as the only one who has a key. */
  as?: string;
  /** Slug of CVAT's organization; "" is the own space. Default: the only one. */
  org?: string;
}

/** A bucket of the lab, and the key of a person for it. */
export interface BucketPlace {
  place: S3Place;
  /** Name of the bucket. */
  name: string;
}

/** What every data verb starts from. Nothing is asked of CVAT, the store, the cluster or the stack's state before it is needed. */
export interface DataLab {
  plan: Plan;
  /** CVAT, for one account. It signs in at the first call; all clients of a lab share that. */
  cvat(options?: CallOptions): Promise<CvatClient>;
  /** CVAT, for the account of somebody of the stack, by his own password. */
  cvatOf(username: string, options?: CallOptions): Promise<CvatClient>;
  /** Where people reach CVAT, whether this machine does or not. */
  urlOfCvat(): Promise<string>;
  /** Slug of the organization; "" is the account's own space. */
  organization(): Promise<string>;
  /** The account and the organization. */
  space(): Promise<CvatSpace>;
  /** A bucket by what it is for: `datasets`, `cvat`, `models`, `clearml`, or a name under `objectStore.moreBuckets`. */
  bucket(role: string, options?: CallOptions): Promise<Store>;
  /** Where that bucket is, and the person's key. */
  place(role: string): Promise<BucketPlace>;
  /** The bucket of backups, by the key of what makes them. */
  backups(options?: CallOptions): Promise<Store>;
  /** What the keys of temporary objects begin with, in the bucket of the role `cvat`: there CVAT may read them. */
  temporary: string;
  /** Ends the port-forwards that were needed. */
  close(): Promise<void>;
}

export interface CallOptions {
  /** Breaks its calls off. Default: the one the lab was opened with. For what clears away after a stop: null, nothing does. */
  signal?: AbortSignal | null;
  /** An access token of the account, by which its calls go. Default: what its password gives. */
  accessToken?: string | undefined;
}

interface StoreKeys {
  accessKey: string;
  secretKey: string;
}

/** What a stack's outputs tell of its people. */
interface Known {
  cvat?: { url: string };
  secrets?: {
    cvat?: Record<string, string>;
    objectStore?: Record<string, StoreKeys>;
    backup?: StoreKeys;
  };
}

/**
 * The lab of a stack, for work with its data: as the stack file describes it, with passwords and keys of its state. CVAT and the store are
 * reached at their addresses, or by port-forwards where this machine reaches none.
 * @param signal breaks calls off
 * @throws UserError for a broken stack file, and for a person that the stack does not have
 */
export async function dataLab(flags: DataFlags, progress: Progress, signal?: AbortSignal): Promise<DataLab> {
  const { stack: name, folder, as, org } = flags;
  const open = () => openUserStack({ stack: name, folder, create: false, reads: true, progress });
  const { stack, plan, file } = await saidWhenSlow(progress, `Opening stack ${name}`, open);
  assertKnown(plan, as);
  const ways = new Ways(plan.lab.cluster, progress);
  const read = () => readOutputs(stack, { showSecrets: true }) as Promise<Known>;
  const known = once(() => saidWhenSlow(progress, `Reading the outputs of stack ${name}`, read));
  const notUp = (what: string) =>
    new UserError(`Stack ${name} has made ${what} yet: npm run platform -- up --stack ${name}`);
  const off = (what: string) => new UserError(`${file.path} ${what}`, { exitCode: 2 });
  const urlOfCvat = once(async () => {
    if (!plan.cvat) throw off("installs no CVAT: see vision-platform:cvat.enabled.");
    const url = plan.cvat.endpoint ?? (await known()).cvat?.url;
    if (url === undefined) throw notUp("no CVAT");
    return url;
  });
  const endpointOfCvat = once(async () => addressOfCvat(plan, await urlOfCvat(), ways));
  const sessions = new Map<string, Session>();
  const cvatOf = async (username: string, { signal: own = signal, accessToken }: CallOptions = {}) => {
    const endpoint = await endpointOfCvat();
    const password = (await known()).secrets?.cvat?.[username];
    if (password === undefined) throw notUp(`no account of ${username} in CVAT`);
    const session = sessions.get(username) ?? {};
    sessions.set(username, session);
    return new CvatClient({ endpoint, username, password }, { session, accessToken, ...(own && { signal: own }) });
  };
  const cvat = (options?: CallOptions) => cvatOf(accountOf(plan, as), options);

  const organization = once(async () => organizationOf(await cvat(), org));

  const endpointOfStore = once((store: StorePlan) => addressOfStore(store, ways));
  const placeOf = async (role: string, keysIn: (all: Known["secrets"]) => StoreKeys | undefined, of: string) => {
    if (!plan.store) throw off("has no object store: see vision-platform:objectStore.");
    const { buckets, s3, ca } = plan.store;
    const name = buckets.find((one) => one.role === role)?.name;
    if (name === undefined) {
      const roles = buckets.map((one) => one.role).join(", ");
      throw new UserError(`No bucket of this lab is for \`${role}\`. They are for: ${roles}.`, { exitCode: 2 });
    }
    const keys = keysIn((await known()).secrets);
    if (keys === undefined) throw notUp(`no key of the object store for ${of}`);
    const at = await endpointOfStore(plan.store);
    const credentials = { user: keys.accessKey, password: keys.secretKey };
    return { name, place: { ...at, region: s3.region, ...credentials, ...(at.tls && { ca }) } };
  };
  const place = async (role: string): Promise<BucketPlace> => {
    if (!plan.store) throw off("has no object store: see vision-platform:objectStore.");
    const person = personOf(plan, as);
    return placeOf(role, (all) => all?.objectStore?.[person], person);
  };

  return {
    plan,
    cvat,
    cvatOf,
    urlOfCvat,
    organization,
    space: async () => ({ client: await cvat(), organization: await organization() }),
    async bucket(role, { signal: own = signal } = {}) {
      const { place: at, name: bucket } = await place(role);
      return bucketOf(at, bucket, { signal: own ?? undefined });
    },
    async backups({ signal: own = signal } = {}) {
      if (!plan.backup) throw off("makes no backups: see vision-platform:backup.");
      const { place: at, name: bucket } = await placeOf("backups", (all) => all?.backup, "what makes backups");
      return bucketOf(at, bucket, { signal: own ?? undefined });
    },
    place,
    temporary: `${plan.store?.config.onlyPrefixes.cvat?.["cvat"]?.[0] ?? ""}temporary/`,
    close: () => ways.close(),
  };
}

/** Work that is done at its first use, and never again. */
function once<T, A extends unknown[]>(work: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  let begun: Promise<T> | undefined;
  return (...args) => (begun ??= work(...args));
}
