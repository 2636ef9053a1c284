import { randomBytes } from "node:crypto";
import { detail, json, nothing, refuse } from "./answers.ts";
import { byId, FORBIDDEN, filtered, mayEnter, page, textField, type Asked, type Route } from "./asked.ts";
import { basicUser } from "./users.ts";
import type { StoredMembership, StoredOrganization } from "./store.ts";

const WHAT = "Organization";
const ROLES = ["worker", "supervisor", "maintainer", "owner"];

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
        const slug = freeSlug(asked, body["slug"]);
        const now = new Date().toISOString();
        const made: StoredOrganization = {
          id: store.next("organizations"),
          slug,
          name: textField(body, "name", { max: 64, optional: true }) ?? slug,
          description: textField(body, "description", { optional: true }) ?? "",
          contact: (body["contact"] ?? {}) as Record<string, unknown>,
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
        const { body } = asked;
        const one = mine(asked);
        if (body["slug"] !== undefined) one.slug = freeSlug(asked, body["slug"], one.id);
        one.name = textField(body, "name", { max: 64, optional: true }) ?? one.name;
        one.description = textField(body, "description", { optional: true }) ?? one.description;
        if (body["contact"] !== undefined) one.contact = body["contact"] as Record<string, unknown>;
        one.updated_date = new Date().toISOString();
        return json(200, shown(asked, one));
      },
      // What is in it goes to its owners' own spaces. (2.9)
      DELETE: (asked) => {
        const { state } = asked;
        const { id } = mine(asked);
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
        if (!context) throw detail(403, FORBIDDEN);
        const role = roleOf(body);
        if (role === "owner") throw detail(403, FORBIDDEN);
        const email = textField(body, "email") ?? "";
        if (!/^[^@\s]+@[^@\s]+$/.test(email)) throw refuse(400, { email: ["Enter a valid email address."] });
        const person = state.users.find((one) => one.email.toLowerCase() === email.toLowerCase());
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
        const { state, context } = asked;
        const seen = state.memberships.filter((one) => !context || one.organization === context.id);
        const found = filtered(asked, seen, {
          user: ({ user }) => state.users.find(({ id }) => id === user)?.username ?? "",
          role: ({ role }) => role,
        });
        return page(asked, "memberships", found, member);
      },
    },
  },
  {
    path: /^memberships\/(\d+)$/,
    methods: {
      GET: (asked) => json(200, member(asked, byId(asked, asked.state.memberships, "Membership"))),
      PATCH: (asked) => {
        const one = byId(asked, asked.state.memberships, "Membership");
        one.role = roleOf(asked.body);
        return json(200, member(asked, one));
      },
      DELETE: (asked) => {
        const { state } = asked;
        const one = byId(asked, state.memberships, "Membership");
        if (one.role === "owner") throw detail(403, FORBIDDEN);
        state.memberships = state.memberships.filter(({ id }) => id !== one.id);
        return nothing(204);
      },
    },
  },
];

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
function freeSlug({ state, body }: Asked, value: unknown, own?: number): string {
  const slug = textField({ slug: value }, "slug", { max: 16 }) ?? "";
  if (!/^[-\w]+$/.test(slug))
    throw refuse(400, {
      slug: ["Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."],
    });
  if (state.organizations.some((one) => one.slug === body["slug"] && one.id !== own))
    throw refuse(400, { slug: ["organization with this slug already exists."] });
  return slug;
}

function roleOf(body: Record<string, unknown>): string {
  const role = textField(body, "role") ?? "";
  if (!ROLES.includes(role)) throw refuse(400, { role: [`"${role}" is not a valid choice.`] });
  return role;
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
