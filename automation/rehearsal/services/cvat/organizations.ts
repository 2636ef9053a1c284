import { randomBytes } from "node:crypto";
import { detail, errorPage, json, nothing, refuse, Refusal } from "./answers.ts";
import { byId, FORBIDDEN, filtered, mayEnter, page, type Asked, type Route } from "./asked.ts";
import { isEmail } from "./django.ts";
import { choiceField, textField, wrong } from "./fields.ts";
import { hasPrivilege, isAdmin, isOwner, roleIn } from "./rules.ts";
import { basicUser } from "./users.ts";
import type { StoredMembership, StoredOrganization } from "./store.ts";

const WHAT = "Organization";
const ROLES = ["worker", "supervisor", "maintainer", "owner"];
const NAME = { max: 64, optional: true, blank: true };

export const ORGANIZATION_ROUTES: readonly Route[] = [
  {
    path: /^organizations$/,
    methods: {
      GET: (asked) => {
        const { state, user } = asked;
        const mine = state.organizations.filter((one) => mayEnter(state, user, one));
        const found = filtered(asked, mine, { slug: (one) => one.slug, name: (one) => one.name });
        return page(asked, "organizations", found, shown);
      },
      POST: (asked) => {
        const { state, store, user, body } = asked;
        if (!hasPrivilege(user, "user")) throw detail(403, FORBIDDEN);
        const slug = freeSlug(asked);
        const now = new Date().toISOString();
        const made: StoredOrganization = {
          id: store.next("organizations"),
          slug,
          // An empty one is none. (organizations/views.py, perform_create)
          name: textField(body, "name", NAME) || slug,
          description: textField(body, "description", { optional: true, blank: true }) ?? "",
          contact: contactIn(body) ?? {},
          owner: user.id,
          created_date: now,
          updated_date: now,
        };
        state.organizations.push(made);
        state.memberships.push(membership(asked, made, user.id, "owner"));
        return json(201, shown(asked, made));
      },
    },
  },
  {
    path: /^organizations\/(\d+)$/,
    methods: {
      GET: (asked) => json(200, shown(asked, mine(asked))),
      PATCH: (asked) => {
        const { body, state, user } = asked;
        const one = mine(asked);
        const may = one.owner === user.id || roleIn(state, user, one.id) === "maintainer";
        if (!isAdmin(user) && !(may && hasPrivilege(user, "worker"))) throw detail(403, FORBIDDEN);
        if (body["slug"] !== undefined) one.slug = freeSlug(asked, one.id);
        one.name = textField(body, "name", NAME) ?? one.name;
        one.description = textField(body, "description", { optional: true, blank: true }) ?? one.description;
        one.contact = contactIn(body) ?? one.contact;
        one.updated_date = new Date().toISOString();
        return json(200, shown(asked, one));
      },
      // What is in it goes to its owners' own spaces. (2.9)
      DELETE: (asked) => {
        const { state, user } = asked;
        const { id, owner } = mine(asked);
        if (!isAdmin(user) && owner !== user.id) throw detail(403, FORBIDDEN);
        state.organizations = state.organizations.filter((one) => one.id !== id);
        state.memberships = state.memberships.filter((one) => one.organization !== id);
        state.webhooks = state.webhooks.filter((one) => one.organization !== id);
        for (const one of [...state.storages, ...state.projects, ...state.tasks])
          if (one.organization === id) one.organization = null;
        return nothing(204);
      },
    },
  },
  {
    path: /^invitations$/,
    methods: {
      POST: (asked) => {
        const { state, body, context, store } = asked;
        if (!mayInvite(asked)) throw detail(403, FORBIDDEN);
        const role = choiceField(body, "role", ROLES);
        const email = textField(body, "email") ?? "";
        if (!isEmail(email)) throw wrong("email", "Enter a valid email address.");
        const [person, other] = state.users.filter((one) => one.email.toLowerCase() === email.toLowerCase());
        // Of an administrator all is taken, and then the database refuses a membership of nothing. So it is with two users of one address.
        if (!context || other) throw new Refusal(errorPage(500, "Server Error (500)"));
        if (!person) {
          // CVAT makes him, cannot write to him, and leaves both behind. (2.7)
          const id = store.next("users");
          const left = { first_name: "", last_name: "", password: "", token: null, ours: false };
          const flags = { is_superuser: false, is_staff: false, is_active: true, groups: ["user"] };
          state.users.push({ id, username: email, email, date_joined: new Date().toISOString(), ...left, ...flags });
          state.memberships.push({ ...membership(asked, context, id, role), is_active: false });
          return json(500, "Email backend is not configured.");
        }
        if (state.memberships.some((one) => one.organization === context.id && one.user === person.id))
          throw refuse(400, ["The user is a member of the organization already."]);
        const made = { ...membership(asked, context, person.id, role), invitation: randomBytes(32).toString("hex") };
        state.memberships.push(made);
        return json(201, {
          key: made.invitation,
          created_date: made.joined_date,
          owner: basicUser(asked, asked.user.id),
          role,
          user: basicUser(asked, person.id),
          organization: context.id,
          expired: false,
          organization_info: { id: context.id, slug: context.slug },
        });
      },
    },
  },
  {
    path: /^memberships$/,
    methods: {
      GET: (asked) => {
        const found = filtered(asked, members(asked), {
          user: ({ user }) => asked.state.users.find(({ id }) => id === user)?.username ?? "",
          role: ({ role }) => role,
        });
        return page(asked, "memberships", found, member);
      },
    },
  },
  {
    path: /^memberships\/(\d+)$/,
    methods: {
      GET: (asked) => json(200, member(asked, oneMember(asked))),
      PATCH: (asked) => {
        const one = oneMember(asked);
        if (Object.keys(asked.body).some((field) => field !== "role"))
          throw detail(403, "Attempted to update an unknown field");
        if ("role" in asked.body) {
          if (!mayRule(asked, one)) throw detail(403, FORBIDDEN);
          one.role = choiceField(asked.body, "role", ROLES);
        }
        return json(200, member(asked, one));
      },
      DELETE: (asked) => {
        const { state, user } = asked;
        const one = oneMember(asked);
        // Who is no owner may leave.
        const leaves = one.user === user.id && one.role !== "owner" && hasPrivilege(user, "worker");
        if (!mayRule(asked, one) && !leaves) throw detail(403, FORBIDDEN);
        state.memberships = state.memberships.filter(({ id }) => id !== one.id);
        return nothing(204);
      },
    },
  },
];

/** Who may invite whom. A superuser may everything, another owner too. (organizations/rules/invitations.rego) */
function mayInvite({ state, user, context, body }: Asked): boolean {
  if (isAdmin(user)) return true;
  if (!context || !hasPrivilege(user, "user")) return false;
  if (isOwner(state, user, context.id)) return body["role"] !== "owner";
  const maintains = roleIn(state, user, context.id) === "maintainer";
  return maintains && body["role"] !== "owner" && body["role"] !== "maintainer";
}

/** Who may change a member's role and throw him out. (organizations/rules/memberships.rego) */
function mayRule({ state, user }: Asked, one: StoredMembership): boolean {
  if (isAdmin(user)) return true;
  if (!hasPrivilege(user, "user") || one.user === user.id || one.role === "owner") return false;
  if (isOwner(state, user, one.organization)) return true;
  return roleIn(state, user, one.organization) === "maintainer" && one.role !== "maintainer";
}

/** Without an organization one's own memberships, in one all that are active, and to its staff the others too. */
function members({ state, user, context }: Asked): readonly StoredMembership[] {
  const inContext = state.memberships.filter((one) => !context || one.organization === context.id);
  if (isAdmin(user)) return inContext;
  if (!context) return inContext.filter((one) => one.user === user.id && one.is_active);
  const isStaff = isOwner(state, user, context.id) || roleIn(state, user, context.id) === "maintainer";
  return isStaff ? inContext : inContext.filter((one) => one.is_active);
}

function oneMember(asked: Asked): StoredMembership {
  const { state, user } = asked;
  const one = byId(asked, state.memberships, "Membership");
  const isColleague = roleIn(state, user, one.organization) !== undefined;
  if (!isAdmin(user) && !isColleague) throw detail(403, FORBIDDEN);
  return one;
}

/** By number, a foreign organization is as if it were not there. (2.2) */
function mine(asked: Asked): StoredOrganization {
  const { state, user } = asked;
  return byId(
    asked,
    state.organizations.filter((one) => mayEnter(state, user, one)),
    WHAT,
  );
}

/** Unique, and `ORG1` is another than `org1`. (2.1) */
function freeSlug({ state, body }: Asked, own?: number): string {
  const slug = textField(body, "slug", { max: 16 }) ?? "";
  if (!/^[-\w]+$/.test(slug))
    throw wrong("slug", "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.");
  if (state.organizations.some((one) => one.slug === slug && one.id !== own))
    throw wrong("slug", "organization with this slug already exists.");
  return slug;
}

function contactIn(body: Record<string, unknown>): Record<string, unknown> | undefined {
  const contact = body["contact"];
  if (contact === null) throw wrong("contact", "This field may not be null.");
  return contact as Record<string, unknown> | undefined;
}

function membership({ store }: Asked, { id }: StoredOrganization, user: number, role: string): StoredMembership {
  const joined_date = new Date().toISOString();
  return {
    id: store.next("memberships"),
    user,
    organization: id,
    role,
    is_active: true,
    joined_date,
    invitation: null,
  };
}

function shown(asked: Asked, { owner, ...one }: StoredOrganization) {
  return { ...one, owner: basicUser(asked, owner) };
}

function member(asked: Asked, { user, ...one }: StoredMembership) {
  return { ...one, user: basicUser(asked, user) };
}
