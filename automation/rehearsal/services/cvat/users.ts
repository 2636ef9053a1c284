import { detail, json, refuse } from "./answers.ts";
import { byId, FORBIDDEN, filtered, page, type Asked, type Route } from "./asked.ts";
import type { StoredUser } from "./store.ts";

const GROUPS = ["admin", "user", "worker"];
const CHANGEABLE = ["username", "first_name", "last_name", "email", "groups", "is_staff", "is_superuser", "is_active"];

export const USER_ROUTES: readonly Route[] = [
  {
    path: /^users$/,
    methods: {
      GET: (asked) => {
        const { state, user } = asked;
        const seen = user.is_superuser ? state.users : state.users.filter((one) => isColleague(asked, one));
        const found = filtered(asked, seen, {
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
      GET: (asked) => json(200, shown(asked, byId(asked, asked.state.users, "User"))),
      PATCH: (asked) => {
        const { body, user } = asked;
        const one = byId(asked, asked.state.users, "User");
        if (Object.keys(body).some((field) => !CHANGEABLE.includes(field)))
          throw detail(403, "Attempted to update an unknown field");
        if (!user.is_superuser) throw detail(403, FORBIDDEN);
        const unknown = ((body["groups"] ?? []) as string[]).find((group) => !GROUPS.includes(group));
        if (unknown !== undefined) throw refuse(400, { groups: [`Object with name=${unknown} does not exist.`] });
        Object.assign(one, body);
        if (one.is_superuser && one.is_staff && !one.groups.includes("admin")) one.groups.push("admin");
        return json(200, wholeUser(asked, one));
      },
      DELETE: (asked) => {
        const { state, user } = asked;
        if (!user.is_superuser) throw detail(403, FORBIDDEN);
        const { id } = byId(asked, state.users, "User");
        state.users = state.users.filter((one) => one.id !== id);
        state.memberships = state.memberships.filter((one) => one.user !== id);
        return { ...json(204, null), text: undefined };
      },
    },
  },
];

/** A user as he stands in other records. */
export function basicUser({ state, host }: Asked, id: number) {
  const user = state.users.find((one) => one.id === id);
  if (!user) return null;
  const { username, first_name, last_name } = user;
  return { url: `http://${host}/api/users/${id}`, id, username, first_name, last_name };
}

/** Somebody in no organization sees only himself. (8.1) */
function isColleague({ state, user }: Asked, other: StoredUser): boolean {
  const organizations = (id: number) =>
    state.memberships.filter((one) => one.user === id).map(({ organization }) => organization);
  const mine = organizations(user.id);
  return other.id === user.id || organizations(other.id).some((one) => mine.includes(one));
}

function shown(asked: Asked, user: StoredUser) {
  return asked.user.is_superuser ? wholeUser(asked, user) : { ...basicUser(asked, user.id), id: user.id };
}

function wholeUser(asked: Asked, user: StoredUser) {
  const { email, groups, is_staff, is_superuser, is_active, date_joined } = user;
  return {
    ...basicUser(asked, user.id),
    id: user.id,
    ...{ email, groups, is_staff, is_superuser, is_active, date_joined },
    last_login: null,
    has_analytics_access: is_superuser,
  };
}
