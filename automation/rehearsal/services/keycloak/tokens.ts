import { createHmac, timingSafeEqual } from "node:crypto";
import type { Client, Realm } from "./model.ts";
import { oauth } from "./refusal.ts";

/** Who asks the admin API: the administrator of all realms, or the service account of a realm's client. */
export type Asking = { administrator: true } | { administrator: false; realm: string; client: string };

export interface Signed {
  access_token: string;
  expires_in: number;
  token_type: "Bearer";
}

/** An administrator's token lives a minute. (sign-in-parts.md 2) */
const ADMINISTRATORS_S = 60;
const OWN_LIFE = "access.token.lifespan";

/** A token whose end and holder are told by a signature: it is read by nobody but this stand-in. */
export class Tokens {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  ofAdministrator(): Signed {
    return this.#signed({ administrator: true }, ADMINISTRATORS_S);
  }

  /** For the secret of a client that has a service account. It lives as long as the realm says, or the client. */
  ofClient(realm: Realm, clientId: string, secret: string): Signed {
    const client = clientKnown(realm, clientId, secret);
    if (client.settings["serviceAccountsEnabled"] !== true)
      throw oauth(401, "unauthorized_client", "Client not enabled to retrieve service account");
    const life = Number(client.attributes[OWN_LIFE] ?? realm.settings["accessTokenLifespan"]);
    return this.#signed({ administrator: false, realm: realm.name, client: client.id }, life);
  }

  /** Undefined: it is none of these, or too old. */
  read(token: string): Asking | undefined {
    const [text = "", signature = ""] = token.split(".");
    const [given, right] = [Buffer.from(signature, "base64url"), this.#sign(text)];
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    const { asking, end } = JSON.parse(Buffer.from(text, "base64url").toString()) as { asking: Asking; end: number };
    return Date.now() < end ? asking : undefined;
  }

  #signed(asking: Asking, lifeS: number): Signed {
    const text = Buffer.from(JSON.stringify({ asking, end: Date.now() + lifeS * 1000 })).toString("base64url");
    return {
      access_token: `${text}.${this.#sign(text).toString("base64url")}`,
      expires_in: lifeS,
      token_type: "Bearer",
    };
  }

  #sign(text: string): Buffer {
    return createHmac("sha256", this.#key).update(text).digest();
  }
}

/** The client that a secret is of. */
export function clientKnown(realm: Realm, clientId: string, secret: string): Client {
  const words = "Invalid client or Invalid client credentials";
  const client = realm.clients.find((one) => one.clientId === clientId && one.settings["enabled"] === true);
  if (!client) throw oauth(401, "invalid_client", words);
  if (client.secret === undefined || client.secret !== secret) throw oauth(401, "unauthorized_client", words);
  return client;
}
