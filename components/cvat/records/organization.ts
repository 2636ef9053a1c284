import { isDeepStrictEqual } from "node:util";
import { UserError } from "../../program/errors.ts";
import { changedKeys } from "../../records/changed.ts";
import type { ResourceKind } from "../../records/kind.ts";
import type { CvatClient } from "../client/client.ts";
import { changedAccount, type Connection } from "../client/connection.ts";
import type { Contact, Organization } from "../client/types.ts";
import { adoptOrCreate } from "./adopt.ts";
import { change } from "./change.ts";
import { connected, connectedSoon, present, removing } from "./connected.ts";
import { contentsOf } from "./organization-use.ts";

export interface OrganizationInputs {
  connection: Connection;
  slug: string;
  name: string;
  description: string;
  contact: Contact;
}

export interface OrganizationOuts extends OrganizationInputs {
  organizationId: number;
}

/** What CVAT is told of it. */
const SENT = ["slug", "name", "description", "contact"] as const;
const path = (id: string | number) => `organizations/${id}`;

/** An organization of CVAT. Its natural key is its slug, the only unique name CVAT has. (cvat-rest-measured.md 2) */
export const kind: ResourceKind<OrganizationInputs, OrganizationOuts> = {
  secrets: ["connection"],

  check({ connection, slug }, _olds, run) {
    present(connection, run);
    return /^[A-Za-z0-9_-]{1,16}$/.test(slug)
      ? []
      : [`vision-platform:cvat.organizations: \`${slug}\` must be 1 to 16 letters, digits, '-' or '_'.`];
  },

  async create(inputs, run) {
    const client = await connected(inputs.connection, run);
    const { record, adopted } = await adoptOrCreate<Organization>({
      signal: run.signal,
      find: () => withSlug(client, inputs.slug),
      post: () => client.post("organizations", body(inputs)),
      remove: ({ id }) => client.remove(path(id)),
    });
    if (adopted && !isDeepStrictEqual(body(record), body(inputs))) await client.patch(path(record.id), body(inputs));
    const connection = await client.account();
    return { id: String(record.id), outs: { ...inputs, connection, organizationId: record.id } };
  },

  async read(id, outs, run) {
    const found = await (await connectedSoon(outs.connection, run)).find<Organization>(path(id));
    return found && { id, outs: { ...outs, ...body(found), organizationId: found.id } };
  },

  async update(id, olds, news, run) {
    const client = await connected(news.connection, run);
    if (changedKeys(SENT, olds, news).length > 0)
      await change(client, path(id), body(news), `organization ${olds.slug}`);
    return { ...news, connection: await client.account(), organizationId: Number(id) };
  },

  delete: (id, outs, run) =>
    removing(outs.connection, run, async (client) => {
      const [there] = (await withSlug(client, outs.slug)).filter((one) => one.id === Number(id));
      if (!there) return;
      const contents = await contentsOf(client, outs.slug);
      if (contents.length > 0)
        throw new UserError([
          `CVAT's organization ${outs.slug} is not empty; without it these would be seen by their owners alone:`,
          ...contents.map((one) => `  ${one}`),
          "Move or remove them, or keep the organization in vision-platform:cvat.organizations.",
        ]);
      await client.remove(path(id));
    }),

  diff: (olds, news) => ({ changed: [...changedKeys(SENT, olds, news), ...changedAccount(olds, news)] }),
};

function body({ slug, name, description, contact }: Omit<OrganizationInputs, "connection">) {
  return { slug, name, description, contact };
}

/** `ORG1` and `org1` are two organizations. (2.1) */
export async function withSlug(client: CvatClient, slug: string): Promise<Organization[]> {
  const found = await client.list<Organization>("organizations", { query: { slug } });
  return found.filter((one) => one.slug === slug);
}
