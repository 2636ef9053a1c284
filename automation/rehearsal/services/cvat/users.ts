import { detail, json, nothing, refuse } from "./answers.ts";
import { byId, FORBIDDEN, filtered, page, type Asked, type Route } from "./asked.ts";
import { isEmail } from "./django.ts";
import { booleanField, textField, wrong } from "./fields.ts";
import { isAdmin, roleIn } from "./rules.ts";
import type { StoredUser } from "./store.ts";

const GROUPS = ["admin", "user", "worker"];
const PERSONAL = ["username", "first_name", "last_name"];
const CHANGEABLE = [...PERSONAL, "email", "groups", "is_staff", "is_superuser", "is_active"];
const USERNAME = /^[\p{L}\p{N}_.@+-]+$/u;

export const USER_ROUTES: readonly Route[] = [
  {
    path: /^users$/,
    methods: {
      GET: (asked) => {
        const found = filtered(asked, seen(asked), {
          username: (one) => one.username,
          first_name: (one) => one.first_name,
          last_name: (one) => one.last_name,
        });
        return page(asked, "users", found, shown);
      },
    },
  },
  { path: /^users\/self$/, methods: { GET: (asked) => json(200, wholeUser(asked, asked.user)) } },
  {
    path: /^users\/(\d+)$/,
    methods: {
      GET: (asked) => {
        const one = byId(asked, asked.state.users, "User");
        if (!maySee(asked, one)) throw detail(403, FORBIDDEN);
        return json(200, shown(asked, one));
      },
      PATCH: (asked) => {
        const { body, user } = asked;
        const one = byId(asked, asked.state.users, "User");
        // Not by a token, whosever it is. (cvat-real-third-look.md 2.6)
        if (asked.token) throw detail(403, FORBIDDEN);
        const fields = Object.keys(body);
        if (fields.some((field) => !CHANGEABLE.includes(field)))
          throw detail(403, "Attempted to update an unknown field");
        const personal = one.id === user.id && fields.every((field) => PERSONAL.includes(field));
        if (!isAdmin(user) && !personal) throw detail(403, FORBIDDEN);
        Object.assign(one, changesIn(asked, one));
        becomeAdministrator(one);
        return json(200, wholeUser(asked, one));
      },
      DELETE: (asked) => {
        const { state, user } = asked;
        const { id } = byId(asked, state.users, "User");
        if (!isAdmin(user) && id !== user.id) throw detail(403, FORBIDDEN);
        state.users = state.users.filter((one) => one.id !== id);
        state.memberships = state.memberships.filter((one) => one.user !== id);
        for (const organization of state.organizations) if (organization.owner === id) organization.owner = null;
        return nothing(204);
      },
    },
  },
];

/** What CVAT does when a user is saved who is an administrator. (cvat/apps/iam/signals.py, cvat/apps/engine/signals.py) */
export function becomeAdministrator(user: StoredUser): void {
  if (user.is_superuser && user.is_staff && !user.groups.includes("admin")) user.groups.push("admin");
  if (user.is_superuser || user.groups.includes("admin")) user.has_analytics_access = true;
}

function changesIn({ body, state }: Asked, one: StoredUser): Partial<StoredUser> {
  const unknown = ((body["groups"] ?? []) as string[]).find((group) => !GROUPS.includes(group));
  if (unknown !== undefined) throw refuse(400, { groups: [`Object with name=${unknown} does not exist.`] });
  const username = textField(body, "username", { max: 150, optional: true });
  if (username !== undefined && !USERNAME.test(username))
    throw wrong(
      "username",
      "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.",
    );
  if (state.users.some((other) => other.id !== one.id && other.username === username))
    throw wrong("username", "A user with that username already exists.");
  const email = textField(body, "email", { max: 254, optional: true, blank: true });
  if (email !== undefined && email !== "" && !isEmail(email)) throw wrong("email", "Enter a valid email address.");
  const given = {
    username,
    email,
    first_name: textField(body, "first_name", { max: 150, optional: true, blank: true }),
    last_name: textField(body, "last_name", { max: 150, optional: true, blank: true }),
    groups: body["groups"],
    is_staff: booleanField(body, "is_staff"),
    is_superuser: booleanField(body, "is_superuser"),
    is_active: booleanField(body, "is_active"),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** A user as he stands in other records. */
export function basicUser({ state, host }: Asked, id: number | null) {
  const user = state.users.find((one) => one.id === id);
  if (!user) return null;
  const { username, first_name, last_name } = user;
  return { url: `http://${host}/api/users/${id}`, id, username, first_name, last_name };
}

/** Without an organization everybody sees but himself, in one all who are in it. (8.1; users.rego) */
function seen({ state, user, context }: Asked): readonly StoredUser[] {
  if (isAdmin(user) && !context) return state.users;
  if (!context) return [user];
  return state.users.filter(({ id }) =>
    state.memberships.some((one) => one.user === id && one.organization === context.id),
  );
}

function maySee({ state, user, context }: Asked, one: StoredUser): boolean {
  return isAdmin(user) || one.id === user.id || roleIn(state, user, context?.id) !== undefined;
}

function shown(asked: Asked, user: StoredUser) {
  return isAdmin(asked.user) ? wholeUser(asked, user) : { ...basicUser(asked, user.id), id: user.id };
}

function wholeUser(asked: Asked, user: StoredUser) {
  const { email, groups, is_staff, is_superuser, is_active, date_joined, has_analytics_access = is_superuser } = user;
  return {
    ...basicUser(asked, user.id),
    id: user.id,
    ...{ email, groups, is_staff, is_superuser, is_active, date_joined },
    last_login: null,
    has_analytics_access,
  };
}
