import { UserError } from "../../program/errors.ts";
import { changedKeys } from "../../records/changed.ts";
import type { ResourceKind } from "../../records/kind.ts";
import type { CvatClient } from "../client/client.ts";
import { changedAccount, type Connection } from "../client/connection.ts";
import type { MemberRole, Membership, User } from "../client/types.ts";
import { adoptOrCreate } from "./adopt.ts";
import { change } from "./change.ts";
import { connected, connectedSoon, present, removing } from "./connected.ts";
import { withSlug } from "./organization.ts";

export interface MembershipInputs {
  connection: Connection;
  /** Slug. */
  organization: string;
  username: string;
  role: MemberRole;
}

/**
 * Somebody in an organization. Its natural key is the organization and the user name. (cvat-rest-measured.md 2.7, 2.8) A superuser may give an
 * organization's owner another role and may throw him out, and CVAT then has nobody who owns it: so an owner is left what he is.
 */
export const kind: ResourceKind<MembershipInputs> = {
  secrets: ["connection"],

  check(inputs, _olds, run) {
    present(inputs.connection, run);
    return [];
  },

  async create(inputs, run) {
    const { organization, username, role } = inputs;
    const client = await connected(inputs.connection, run);
    const { record } = await adoptOrCreate<Membership>({
      signal: run.signal,
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
    if (record.role !== role) await giveRole(client, String(record.id), inputs);
    return { id: String(record.id), outs: { ...inputs, connection: await client.account() } };
  },

  async read(id, outs, run) {
    const { organization } = outs;
    const client = await connectedSoon(outs.connection, run);
    const found = await client.find<Membership>(`memberships/${id}`, { organization });
    return found && { id, outs: { ...outs, username: found.user.username, role: found.role as MemberRole } };
  },

  async update(id, olds, news, run) {
    const client = await connected(news.connection, run);
    if (olds.role !== news.role) await giveRole(client, id, news);
    return { ...news, connection: await client.account() };
  },

  delete: (id, { connection, organization, username }, run) =>
    removing(connection, run, async (client) => {
      const there = await client.find<Membership>(`memberships/${id}`, { organization });
      const [of] = there ? await withSlug(client, organization) : [];
      if (there?.organization !== of?.id || there?.user.username !== username) return;
      const owner = of?.owner?.username;
      // A member who has become the superuser is in no list of members, and stays in what he owns.
      if (owner === username && owner === client.username) return;
      if (owner === username)
        throw new UserError(
          `${username} owns CVAT's organization ${organization}, and without him nobody would. Give it another owner first, ` +
            `on CVAT's page /admin, or keep ${username} among its members in vision-platform:cvat.organizations.`,
        );
      await client.remove(`memberships/${id}`, { organization });
    }),

  diff: (olds, news) => ({
    changed: [...changedKeys(["organization", "username", "role"], olds, news), ...changedAccount(olds, news)],
    replaces: changedKeys(["organization", "username"], olds, news),
  }),
};

async function giveRole(client: CvatClient, id: string, { organization, username, role }: MembershipInputs) {
  const [there] = await withSlug(client, organization);
  if (there?.owner?.username === username)
    throw new UserError(
      `vision-platform:cvat.organizations: ${organization}: ${username} owns this organization in CVAT, which is more than \`${role}\`. ` +
        `Take ${username} out of its members, or give it another owner first, on CVAT's page /admin.`,
    );
  const member = `member ${username} of ${organization}`;
  await change(client, `memberships/${id}`, { role }, member, { organization });
}

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
