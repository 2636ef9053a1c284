import { CvatClient } from "../../../components/cvat/client/client.ts";
import type { Plan } from "../../../components/lab/plan.ts";
import { UserError } from "../../../components/program/errors.ts";
import type { Session } from "../../../components/rest/session.ts";
import { hostAndPort } from "../../../components/storage/endpoint.ts";
import type { S3Place } from "../../../components/storage/client/s3.ts";
import { openUserStack } from "../../engine/door.ts";
import { readOutputs } from "../../engine/outputs.ts";
import type { Progress } from "../../progress.ts";
import { organizationOf } from "./organization.ts";
import { accountOf, assertKnown, personOf } from "./people.ts";

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

/** What every data verb starts from. Nothing is asked of CVAT, the store or the stack's state before it is needed. */
export interface DataLab {
  plan: Plan;
  /** CVAT, for one account. It signs in at the first call; all clients of a lab share that. */
  cvat(options?: CvatOptions): Promise<CvatClient>;
  /** Slug of the organization; "" is the account's own space. */
  organization(): Promise<string>;
  /** A bucket by what it is for: `datasets`, `cvat`, `models`, `clearml`, or a name under `objectStore.moreBuckets`. */
  place(role: string): Promise<BucketPlace>;
  /** What the keys of temporary objects begin with, in the bucket of the role `cvat`: there CVAT may read them. */
  temporary: string;
}

export interface CvatOptions {
  /** Breaks its calls off. Default: the one the lab was opened with. For what clears away after a stop: null, nothing does. */
  signal?: AbortSignal | null;
}

/** What a stack's outputs tell of its people. */
interface Known {
  cvat?: { url: string };
  secrets?: {
    cvat?: Record<string, string>;
    objectStore?: Record<string, { accessKey: string; secretKey: string }>;
  };
}

/**
 * The lab of a stack, for work with its data: as the stack file describes it, with passwords and keys of its state.
 * @param signal breaks calls off
 * @throws UserError for a broken stack file, and for a person that the stack does not have
 */
export async function dataLab(flags: DataFlags, progress: Progress, signal?: AbortSignal): Promise<DataLab> {
  const { stack: name, folder, as, org } = flags;
  const { stack, plan, file } = await openUserStack({ stack: name, folder, create: false, reads: true, progress });
  assertKnown(plan, as);
  const known = once(() => readOutputs(stack, { showSecrets: true }) as Promise<Known>);
  const session: Session = {};

  const cvat = async ({ signal: own = signal }: CvatOptions = {}) => {
    if (!plan.cvat)
      throw new UserError(`${file.path} installs no CVAT: see vision-platform:cvat.enabled.`, { exitCode: 2 });
    const username = accountOf(plan, as);
    const { cvat: at, secrets } = await known();
    const password = secrets?.cvat?.[username];
    if (at === undefined || password === undefined) throw notUp(name, `no account ${username} in CVAT`);
    const endpoint = plan.cvat.config.endpoint ?? at.url;
    return new CvatClient({ endpoint, username, password }, { session, ...(own && { signal: own }) });
  };

  return {
    plan,
    cvat,
    organization: once(async () => organizationOf(await cvat(), org)),
    async place(role) {
      const { store } = plan;
      if (!store)
        throw new UserError(`${file.path} has no object store: see vision-platform:objectStore.`, { exitCode: 2 });
      const bucket = store.buckets.find((one) => one.role === role);
      if (!bucket) {
        const roles = store.buckets.map((one) => one.role).join(", ");
        throw new UserError(`No bucket of this lab is for \`${role}\`. They are for: ${roles}.`, { exitCode: 2 });
      }
      const person = personOf(plan, as);
      const keys = (await known()).secrets?.objectStore?.[person];
      if (keys === undefined) throw notUp(name, `no key of ${person} for the object store`);
      const { machine, s3, ca } = store;
      return {
        name: bucket.name,
        place: {
          server: hostAndPort(machine),
          tls: machine.tls,
          region: s3.region,
          user: keys.accessKey,
          password: keys.secretKey,
          ...(machine.tls && ca !== undefined && { ca }),
        },
      };
    },
    temporary: `${plan.store?.config.onlyPrefixes.cvat?.["cvat"]?.[0] ?? ""}temporary/`,
  };
}

function notUp(stack: string, what: string): UserError {
  return new UserError(`Stack ${stack} has made ${what} yet: npm run platform -- up --stack ${stack}`);
}

/** Work that is done at its first use, and never again. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let begun: Promise<T> | undefined;
  return () => (begun ??= work());
}
