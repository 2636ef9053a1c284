import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Account } from "./account.ts";
import { refuse } from "./refusal.ts";

interface ApiKey {
  user: string;
  access_key: string;
  secret_key: string;
  label: string | null;
}

/** API keys that people made for themselves, kept in a file of the rehearsal. */
export class ApiKeys {
  readonly #file: string | undefined;
  #keys: ApiKey[];

  /** @param file left out: they end with the process */
  constructor(file?: string) {
    this.#file = file;
    this.#keys = file !== undefined && existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as ApiKey[]) : [];
  }

  /** At its start the server forgets users that are declared no more, and their keys with them. */
  forgetOthers(users: readonly Account[]): void {
    const kept = this.#keys.filter(({ user }) => users.some(({ id }) => id === user));
    if (kept.length !== this.#keys.length) this.#save(kept);
  }

  /** Whose key it is. */
  owner<T extends Account>(accessKey: string, secretKey: string, users: readonly T[]): T | undefined {
    const found = this.#keys.find((key) => key.access_key === accessKey && key.secret_key === secretKey);
    return users.find(({ id }) => id === found?.user);
  }

  create({ id }: Account, label: unknown) {
    const key: ApiKey = {
      user: id,
      access_key: randomBytes(15).toString("hex").toUpperCase(),
      secret_key: randomBytes(25).toString("base64url"),
      label: typeof label === "string" ? label : null,
    };
    this.#save([...this.#keys, key]);
    const { access_key, secret_key } = key;
    return { credentials: { access_key, secret_key, label: key.label } };
  }

  /** Never the secrets. */
  list({ id }: Account) {
    const own = this.#keys.filter(({ user }) => user === id);
    return { credentials: own.map(({ access_key, label }) => ({ access_key, label, last_used: null })) };
  }

  revoke({ id }: Account, accessKey: unknown) {
    const rest = this.#keys.filter(({ user, access_key }) => user !== id || access_key !== accessKey);
    if (rest.length === this.#keys.length) throw refuse("user", "(invalid user or invalid access key)");
    this.#save(rest);
    return { revoked: 1 };
  }

  #save(keys: ApiKey[]): void {
    this.#keys = keys;
    if (this.#file !== undefined) writeFileSync(this.#file, JSON.stringify(keys), { mode: 0o600 });
  }
}
