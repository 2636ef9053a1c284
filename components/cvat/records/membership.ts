import { UserError } from "../../errors.ts";
import type { RecordHandler } from "../../records/record.ts";
import type { CvatClient } from "../client/client.ts";
import { sameAccount, type Connection } from "../client/connection.ts";
import type { MemberRole, Membership, User } from "../client/types.ts";
import { adoptOrCreate } from "./adopt.ts";
import { connected, connectedSoon } from "./connected.ts";

export interface MembershipInputs {
  connection: Connection;
  /** Slug. */
  organization: string;
  username: string;
  role: MemberRole;
}

/** Somebody in an organization. Its natural key is the organization and the user name. (cvat-rest-measured.md 2.7, 2.8) */
export const record: RecordHandler<MembershipInputs> = {
  async create(inputs) {
    const { organization, username, role } = inputs;
    const client = await connected(inputs.connection);
    const { record } = await adoptOrCreate<Membership>({
      find: () => membershipsOf(client, organization, username),
      post: async () => {
        // Only an address of somebody there: an unknown one is answered with 500, yet leaves a user and half a membership behind.
        const email = await emailOf(client, username);
        await client.post("invitations", { email, role }, { organization });
        const [made] = await membershipsOf(client, organization, username);
        if (made) return made;
        throw new UserError(`CVAT took the invitation of ${username} into ${organization}, and has no such member.`);
      },
      remove: ({ id }) => client.remove(`memberships/${id}`, { organization }),
    });
    if (record.role !== role) await client.patch(`memberships/${record.id}`, { role }, { organization });
    return { id: String(record.id), outs: { ...inputs, connection: await client.account() } };
  },

  async read(id, outs) {
    const { organization } = outs;
    const client = await connectedSoon(outs.connection);
    const found = await client.find<Membership>(`memberships/${id}`, { organization });
    return found && { id, outs: { ...outs, username: found.user.username, role: found.role as MemberRole } };
  },

  async update(id, olds, news) {
    const { organization, role } = news;
    const client = await connected(news.connection);
    if (olds.role !== role) await client.patch(`memberships/${id}`, { role }, { organization });
    return { ...news, connection: await client.account() };
  },

  async delete(id, outs) {
    const { organization } = outs;
    await (await connectedSoon(outs.connection)).remove(`memberships/${id}`, { organization });
  },

  diff: (olds, news) => ({
    changes:
      olds.organization !== news.organization ||
      olds.username !== news.username ||
      olds.role !== news.role ||
      !sameAccount(olds.connection, news.connection),
    replaces: (["organization", "username"] as const).filter((key) => olds[key] !== news[key]),
  }),
};

async function membershipsOf(client: CvatClient, organization: string, username: string): Promise<Membership[]> {
  const found = await client.list<Membership>("memberships", { query: { user: username }, organization });
  return found.filter(({ user }) => user.username === username);
}

async function emailOf(client: CvatClient, username: string): Promise<string> {
  const users = await client.list<User>("users", { query: { username } });
  const user = users.find((one) => one.username === username);
  if (!user) throw new UserError(`CVAT has no user ${username}. Add it to vision-platform:cvat.users first.`);
  if (!user.email)
    throw new UserError(`CVAT's user ${username} has no e-mail address, and CVAT takes members by theirs.`);
  return user.email;
}
