import { changedKeys } from "../../records/changed.ts";
import type { ResourceKind } from "../../records/kind.ts";
import type { CvatClient } from "../client/client.ts";
import { changedAccount, type Connection } from "../client/connection.ts";
import type { Webhook } from "../client/types.ts";
import { adoptOrCreate } from "./adopt.ts";
import { change } from "./change.ts";
import { connected, connectedSoon, present, removing } from "./connected.ts";

export interface WebhookInputs {
  connection: Connection;
  /** Slug. */
  organization: string;
  name: string;
  url: string;
  events: readonly string[];
  /** Empty: messages are not signed. */
  secret: string;
  verifyTls: boolean;
  active: boolean;
}

/** What CVAT is told of it. */
const SENT = ["name", "url", "events", "secret", "verifyTls", "active"] as const;
const path = (id: string | number) => `webhooks/${id}`;

/**
 * A webhook of an organization. CVAT takes any number of one kind, so its natural key is the organization and the address it posts to. The
 * secret is never shown again: a change of it by hand stays unseen. (CVAT's `apps/webhooks/`, at v2.64.0)
 */
export const kind: ResourceKind<WebhookInputs> = {
  secrets: ["connection", "secret"],

  check({ connection, organization, name, secret }, _olds, run) {
    present(connection, run);
    // CVAT would sign with the rest, and no receiver would know.
    return secret === secret.trim()
      ? []
      : [
          `vision-platform:cvat.organizations: ${organization}: the secret of webhook ${name} begins or ends with a blank, which CVAT takes off.`,
        ];
  },

  async create(inputs, run) {
    const { organization } = inputs;
    const client = await connected(inputs.connection, run);
    const { record, adopted } = await adoptOrCreate<Webhook>({
      signal: run.signal,
      find: () => to(client, inputs),
      post: () => client.post("webhooks", { ...body(inputs), type: "organization" }, { organization }),
      remove: ({ id }) => client.remove(path(id), { organization }),
    });
    if (adopted) await client.patch(path(record.id), body(inputs), { organization });
    return { id: String(record.id), outs: { ...inputs, connection: await client.account() } };
  },

  async read(id, outs, run) {
    const { organization } = outs;
    const found = await (await connectedSoon(outs.connection, run)).find<Webhook>(path(id), { organization });
    return found && { id, outs: { ...outs, ...shown(found) } };
  },

  async update(id, olds, news, run) {
    const { organization } = news;
    const client = await connected(news.connection, run);
    if (changedKeys(SENT, ordered(olds), ordered(news)).length > 0)
      await change(client, path(id), body(news), `webhook ${olds.name} of ${organization}`, { organization });
    return { ...news, connection: await client.account() };
  },

  delete: (id, { connection, organization, name }, run) =>
    removing(connection, run, async (client) => {
      const there = await client.find<Webhook>(path(id), { organization });
      // Renamed in the stack it is another resource, which has taken this record over by its address just before.
      if (there?.description === name) await client.remove(path(id), { organization });
    }),

  diff: (olds, news) => ({
    changed: [
      ...changedKeys(["organization"], olds, news),
      ...changedKeys(SENT, ordered(olds), ordered(news)),
      ...changedAccount(olds, news),
    ],
    // CVAT moves no webhook to another organization.
    replaces: changedKeys(["organization"], olds, news),
  }),
};

/** The order of events means nothing. */
function ordered(inputs: Partial<WebhookInputs>): Partial<WebhookInputs> {
  return { ...inputs, events: [...(inputs.events ?? [])].sort() };
}

function body({ name, url, events, secret, verifyTls, active }: WebhookInputs) {
  return {
    description: name,
    target_url: url,
    // CVAT lists them sorted.
    events: [...events].sort(),
    content_type: "application/json",
    secret,
    enable_ssl: verifyTls,
    is_active: active,
  };
}

function shown({ description, target_url, events, enable_ssl, is_active }: Webhook) {
  return { name: description, url: target_url, events, verifyTls: enable_ssl, active: is_active };
}

async function to(client: CvatClient, { organization, url }: WebhookInputs): Promise<Webhook[]> {
  const query = { target_url: url, type: "organization" };
  const found = await client.list<Webhook>("webhooks", { query, organization });
  return found.filter(({ target_url, type }) => target_url === url && type === "organization");
}
