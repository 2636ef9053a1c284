import { isDeepStrictEqual } from "node:util";
import { UserError } from "../../program/errors.ts";
import { changedKeys } from "../../records/changed.ts";
import type { ResourceKind } from "../../records/kind.ts";
import type { CvatClient } from "../client/client.ts";
import { changedAccount } from "../client/connection.ts";
import type { CloudStorage } from "../client/types.ts";
import { adoptOrCreate } from "./adopt.ts";
import { attributesOf, attributesText } from "./attributes.ts";
import { change } from "./change.ts";
import { connected, connectedSoon, present, removing } from "./connected.ts";
import { withSlug } from "./organization.ts";
import type { CloudStorageInputs } from "./cloud-storage-inputs.ts";
import { storageProblems } from "./storage-limits.ts";
import { storagesBefore } from "./storages-before.ts";
import { usersOf } from "./storage-use.ts";

export interface CloudStorageOuts extends CloudStorageInputs {
  storageId: number;
}

const PROVIDER = "AWS_S3_BUCKET";
/** What CVAT is told of it. */
const SENT = [
  "name",
  "bucket",
  "endpoint",
  "region",
  "prefix",
  "description",
  "manifests",
  "accessKey",
  "secretKey",
] as const;
const path = (id: string | number) => `cloudstorages/${id}`;

/**
 * A bucket that CVAT reads from or exports to. CVAT allows any number of one name, so the natural key is ours: the organization (or the
 * account's own space), the name and the bucket. CVAT asks the bucket at every create and change. (cvat-rest-measured.md 3)
 */
export const kind: ResourceKind<CloudStorageInputs, CloudStorageOuts> = {
  secrets: ["connection", "secretKey"],

  check(inputs, _olds, run) {
    present(inputs.connection, run);
    return storageProblems(inputs);
  },

  async create(inputs, run) {
    const { organization } = inputs;
    const client = await connected(inputs.connection, run);
    const { record, adopted } = await adoptOrCreate<CloudStorage>({
      signal: run.signal,
      before: async () => sameAmong(await storagesBefore(client, organization, run), inputs),
      find: async () => {
        const query = { name: inputs.name };
        return sameAmong(await client.list<CloudStorage>("cloudstorages", { query, organization }), inputs);
      },
      post: () => client.post("cloudstorages", body(inputs), { organization }),
      remove: ({ id }) => client.remove(path(id)),
    });
    // Its keys cannot be read back, so those of an adopted one are always written.
    if (adopted) await client.patch(path(record.id), body(inputs));
    const connection = await client.account();
    return { id: String(record.id), outs: { ...inputs, connection, storageId: record.id } };
  },

  async read(id, outs, run) {
    const client = await connectedSoon(outs.connection, run);
    const found = await client.find<CloudStorage>(path(id));
    if (!found) return undefined;
    const { endpoint, region, prefix } = attributesOf(found.specific_attributes);
    const manifests = sameManifests(found.manifests, outs.manifests) ? outs.manifests : found.manifests;
    const organization = (await isIn(client, found, outs.organization)) ? outs.organization : "";
    return {
      id,
      outs: {
        ...outs,
        name: found.display_name,
        bucket: found.resource,
        description: found.description,
        ...{ endpoint, region, prefix, manifests, organization },
      },
    };
  },

  async update(id, olds, news, run) {
    const client = await connected(news.connection, run);
    if (changedKeys(SENT, olds, news).length > 0)
      await change(client, path(id), body(news), `cloud storage ${olds.name}`);
    return { ...news, connection: await client.account(), storageId: Number(id) };
  },

  delete: (id, outs, run) =>
    removing(outs.connection, run, async (client) => {
      const there = await client.find<CloudStorage>(path(id));
      // Under another name it is somebody's, or another resource of the stack has taken it over just before.
      if (there?.display_name !== outs.name) return;
      const users = outs.force ? [] : await usersOf(client, Number(id));
      if (users.length > 0)
        throw new UserError([
          `CVAT's cloud storage ${outs.name} is in use; without it pictures, exports and backups of these fail:`,
          ...users.map((user) => `  ${user}`),
          "Move them to another storage or remove them, or keep this storage in vision-platform:cvat.cloudStorages. To remove it all the same, set its `force` to true, run up, and only then take it out.",
        ]);
      await client.remove(path(id));
    }),

  diff: (olds, news) => ({
    changed: [...changedKeys([...SENT, "organization", "force"], olds, news), ...changedAccount(olds, news)],
    // CVAT ignores an organization in PATCH. (3.9)
    replaces: changedKeys(["organization"], olds, news),
  }),
};

/**
 * Manifests are always sent: a PATCH without them removes them. (3.10) So is the provider: by it CVAT knows which characters a bucket's name
 * may have, and without it refuses a dot. (cvat/apps/engine/serializers.py, CloudStorageWriteSerializer.validate)
 */
function body(inputs: CloudStorageInputs) {
  return {
    provider_type: PROVIDER,
    display_name: inputs.name,
    resource: inputs.bucket,
    credentials_type: "KEY_SECRET_KEY_PAIR",
    key: inputs.accessKey,
    secret_key: inputs.secretKey,
    specific_attributes: attributesText(inputs),
    description: inputs.description,
    manifests: inputs.manifests,
  };
}

/** Order means nothing, and CVAT gives its own. */
function sameManifests(one: readonly string[], other: readonly string[]): boolean {
  return isDeepStrictEqual([...one].sort(), [...other].sort());
}

/** Those of the same natural key. Another bucket under the same name is somebody's, and not pointed elsewhere. */
function sameAmong(storages: readonly CloudStorage[], inputs: CloudStorageInputs): CloudStorage[] {
  const { name, bucket, organization, connection } = inputs;
  const named = storages.filter(
    ({ display_name, organization: id, owner }) =>
      display_name === name &&
      (organization === "" ? id === null && owner?.username === connection.username : id !== null),
  );
  const same = named.filter((one) => one.resource === bucket && one.provider_type === PROVIDER);
  const [other] = named;
  if (other && same.length === 0)
    throw new UserError(
      `CVAT has a cloud storage ${name} already (number ${other.id}), for the bucket ${other.resource} instead of ${bucket}. Remove or rename it in CVAT, or give this one another name in vision-platform:cvat.cloudStorages.`,
    );
  return same;
}

/** When an organization goes, its storages move to their owners' own spaces. (2.9) */
async function isIn(client: CvatClient, { organization }: CloudStorage, slug: string): Promise<boolean> {
  if (slug === "") return organization === null;
  const [one] = organization === null ? [] : await withSlug(client, slug);
  return one !== undefined && one.id === organization;
}
