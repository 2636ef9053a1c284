import { randomUUID } from "node:crypto";
import { isMap, mapsIn } from "../../../../components/program/maps.ts";
import { addMapper, changeMapper, createClient, makeSecret, shownClient, updateClient } from "./clients.ts";
import { MANAGE_CLIENTS, MANAGEMENT, roleOf, type Client, type Fields, type Group, type Realm } from "./model.ts";
import { notFound, Refusal } from "./refusal.ts";
import type { Asking } from "./tokens.ts";

/** One call of a realm's admin API. */
export interface Asked {
  realm: Realm;
  asking: Asking;
  /** What stands in the path at its `:` parts, in order. */
  at: readonly string[];
  query: URLSearchParams;
  body: unknown;
}

/** What a call answers: a body, with the id of what was made. */
export interface Answered {
  body?: unknown;
  made?: string;
}

export interface Route {
  call: string;
  /** Who may not manage clients alone: it takes an administrator. */
  administrators?: true;
  answer: (asked: Asked) => Answered;
}

const one = <T extends { id: string }>(list: readonly T[], id: string | undefined, words: string): T => {
  const found = list.find((item) => item.id === id);
  if (!found) throw notFound(words);
  return found;
};
const clientAt = ({ realm, at }: Asked) => one(realm.clients, at[0], "Could not find client");
const groupAt = ({ realm, at }: Asked) => one(realm.groups, at[0], "Could not find group by id");
const fields = ({ body }: Asked): Fields => (isMap(body) ? body : {});
const textOf = (value: unknown) => (typeof value === "string" ? value : "");

/** Who has a service account's rights is a user of his own: its id is its client's, which nobody takes for another's. */
const userOf = ({ id, clientId }: Client) => ({ id: `user-${id}`, username: `service-account-${clientId}` });
const holderAt = ({ realm, at }: Asked) =>
  one(
    realm.clients.map((client) => ({ ...userOf(client), client })),
    at[0],
    "User not found",
  ).client;

const shownGroup = ({ id, name, path }: Group) => ({ id, name, path, subGroups: [] });

/** Whether an account may manage the clients of a realm. */
export function managesClients(realm: Realm, clientId: string): boolean {
  const role = realm.clients
    .find((client) => client.clientId === MANAGEMENT)
    ?.roles.find(({ name }) => name === MANAGE_CLIENTS);
  const account = realm.clients.find(({ id }) => id === clientId);
  return role !== undefined && account?.given.includes(role.id) === true;
}

const scopes =
  (list: "defaultScopes" | "optionalScopes", keeps: boolean) =>
  (asked: Asked): Answered => {
    const client = clientAt(asked);
    const { name } = one(asked.realm.scopes, asked.at[1], "Client scope not found");
    client[list] = [...client[list].filter((other) => other !== name), ...(keeps ? [name] : [])];
    return {};
  };

const given = (holder: (asked: Asked) => { given: string[] }) => ({
  shown: (asked: Asked): Answered => {
    const { roles } = one(asked.realm.clients, asked.at[1], "Client not found");
    return { body: roles.filter(({ id }) => holder(asked).given.includes(id)) };
  },
  add: (asked: Asked): Answered => {
    const { roles } = one(asked.realm.clients, asked.at[1], "Client not found");
    const ids = mapsIn(asked.body).map(({ id }) => one(roles, textOf(id), "Role not found").id);
    holder(asked).given = [...new Set([...holder(asked).given, ...ids])];
    return {};
  },
});
const ofUser = given(holderAt);
const ofGroup = given(groupAt);

/** What of a realm's admin API is answered, by method and path below the realm's. */
export const ROUTES: readonly Route[] = [
  {
    call: "GET ",
    // Whoever may not see the realm gets its name.
    answer: ({ realm, asking }) => ({ body: { realm: realm.name, ...(asking.administrator && realm.settings) } }),
  },
  {
    call: "PUT ",
    administrators: true,
    answer: (asked) => {
      Object.assign(asked.realm.settings, fields(asked));
      return {};
    },
  },
  {
    call: "GET /clients",
    answer: ({ realm, query }) => {
      const named = query.get("clientId");
      return { body: realm.clients.filter(({ clientId }) => named === null || clientId === named).map(shownClient) };
    },
  },
  { call: "POST /clients", answer: (asked) => ({ made: createClient(asked.realm, fields(asked)).id }) },
  { call: "GET /clients/:", answer: (asked) => ({ body: shownClient(clientAt(asked)) }) },
  {
    call: "PUT /clients/:",
    answer: (asked) => {
      updateClient(asked.realm, clientAt(asked), fields(asked));
      return {};
    },
  },
  {
    call: "DELETE /clients/:",
    answer: (asked) => {
      const client = clientAt(asked);
      asked.realm.clients = asked.realm.clients.filter((other) => other !== client);
      return {};
    },
  },
  {
    call: "POST /clients/:/client-secret",
    answer: (asked) => ({ body: { type: "secret", value: makeSecret(clientAt(asked)) } }),
  },
  {
    call: "POST /clients/:/protocol-mappers/models",
    answer: (asked) => ({ made: addMapper(clientAt(asked), fields(asked)).id }),
  },
  {
    call: "PUT /clients/:/protocol-mappers/models/:",
    answer: (asked) => {
      changeMapper(clientAt(asked), asked.at[1] ?? "", fields(asked));
      return {};
    },
  },
  {
    call: "DELETE /clients/:/protocol-mappers/models/:",
    answer: (asked) => {
      const client = clientAt(asked);
      const { id } = one(client.mappers, asked.at[1], "Model not found");
      client.mappers = client.mappers.filter((other) => other.id !== id);
      return {};
    },
  },
  { call: "GET /client-scopes", answer: ({ realm }) => ({ body: realm.scopes }) },
  { call: "PUT /clients/:/default-client-scopes/:", answer: scopes("defaultScopes", true) },
  { call: "DELETE /clients/:/default-client-scopes/:", answer: scopes("defaultScopes", false) },
  { call: "PUT /clients/:/optional-client-scopes/:", answer: scopes("optionalScopes", true) },
  { call: "DELETE /clients/:/optional-client-scopes/:", answer: scopes("optionalScopes", false) },
  { call: "GET /clients/:/roles", answer: (asked) => ({ body: clientAt(asked).roles }) },
  {
    call: "GET /clients/:/roles/:",
    answer: (asked) => {
      const role = clientAt(asked).roles.find(({ name }) => name === asked.at[1]);
      if (!role) throw notFound("Could not find role");
      return { body: role };
    },
  },
  {
    call: "POST /clients/:/roles",
    answer: (asked) => {
      const client = clientAt(asked);
      const name = textOf(fields(asked)["name"]);
      if (client.roles.some((role) => role.name === name))
        throw new Refusal(409, { errorMessage: `Role with name ${name} already exists` });
      client.roles.push(roleOf(client.id, name));
      return { made: encodeURIComponent(name) };
    },
  },
  {
    call: "DELETE /roles-by-id/:",
    answer: ({ realm, at }) => {
      const { id, containerId } = one(
        realm.clients.flatMap(({ roles }) => roles),
        at[0],
        "Could not find role with id",
      );
      const client = one(realm.clients, containerId, "Could not find client");
      client.roles = client.roles.filter((role) => role.id !== id);
      for (const group of realm.groups) group.given = group.given.filter((other) => other !== id);
      return {};
    },
  },
  {
    call: "GET /clients/:/service-account-user",
    answer: (asked) => {
      const client = clientAt(asked);
      if (client.settings["serviceAccountsEnabled"] !== true)
        throw new Refusal(400, { errorMessage: `Service account not enabled for the client '${client.clientId}'` });
      return { body: userOf(client) };
    },
  },
  { call: "GET /users/:/role-mappings/clients/:", administrators: true, answer: ofUser.shown },
  { call: "POST /users/:/role-mappings/clients/:", administrators: true, answer: ofUser.add },
  { call: "GET /users", administrators: true, answer: () => ({ body: [] }) },
  {
    call: "GET /groups",
    administrators: true,
    answer: ({ realm, query }) => ({
      body: realm.groups.filter(({ name }) => name.includes(query.get("search") ?? "")).map(shownGroup),
    }),
  },
  {
    call: "POST /groups",
    administrators: true,
    answer: (asked) => {
      const name = textOf(fields(asked)["name"]);
      const group = { id: randomUUID(), name, path: `/${name}`, given: [] };
      asked.realm.groups.push(group);
      return { made: group.id };
    },
  },
  {
    call: "GET /group-by-path/:",
    administrators: true,
    answer: ({ realm, at }) => {
      const group = realm.groups.find(({ path }) => path === `/${at[0] ?? ""}`);
      if (!group) throw notFound("Group path does not exist");
      return { body: shownGroup(group) };
    },
  },
  { call: "GET /groups/:/role-mappings/clients/:", administrators: true, answer: ofGroup.shown },
  { call: "POST /groups/:/role-mappings/clients/:", administrators: true, answer: ofGroup.add },
  { call: "GET /authentication/flows", administrators: true, answer: ({ realm }) => ({ body: realm.flows }) },
];
