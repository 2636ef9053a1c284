import { serveHttp, told } from "../serve.ts";
import { keycloakApi } from "./api.ts";
import { createClient } from "./clients.ts";
import { MANAGE_CLIENTS, MANAGEMENT, newRealm } from "./model.ts";
import { Store } from "./store.ts";

/** What the stand-in is told. */
export interface KeycloakStandInConfig {
  realm: string;
  /** The client by whose service account the lab keeps its own, as `keycloak bootstrap` makes it. */
  adminClient: string;
  adminSecret: string;
}

const { config, folder } = told<KeycloakStandInConfig>();
const { realm: name, adminClient: clientId, adminSecret: secret } = config;
const store = new Store(folder);
let realm = store.state.realms.find((one) => one.name === name);
if (!realm) {
  realm = newRealm(name, { enabled: true });
  store.state.realms.push(realm);
}
let account = realm.clients.find((one) => one.clientId === clientId);
account ??= createClient(realm, { clientId, serviceAccountsEnabled: true, standardFlowEnabled: false });
account.secret = secret;
account.given = realm.clients
  .filter((client) => client.clientId === MANAGEMENT)
  .flatMap(({ roles }) => roles.filter((role) => role.name === MANAGE_CLIENTS).map(({ id }) => id));
store.save();
await serveHttp(folder, keycloakApi(store));
