import aws4 from "aws4";
import { exchange } from "../../rest/exchange.ts";
import { agentFor } from "./agent.ts";
import { urlOf, type Place } from "./place.ts";
import { sealed } from "./sealed.ts";

export interface UserInfo {
  /** `enabled` or `disabled`. */
  status: string;
  policies: string[];
}

/** What MinIO refuses, with its code: `XMinioAdminNoSuchUser`. */
export class AdminError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What answers on its path is not MinIO's admin API: that one refuses in JSON, with a code. */
export class NoAdminApi extends Error {
  /** `404 NoSuchBucket`: what was answered instead. */
  readonly answered: string;

  constructor(answered: string) {
    super(`no admin API of MinIO answers: ${answered}`);
    this.answered = answered;
  }
}

/** MinIO's admin API, as far as the program and the rehearsal's plugin need it. (madmin-go v3: info-, user- and policy-commands.go) */
export class MinioAdmin {
  readonly #place: Place;
  readonly #signal: AbortSignal | undefined;

  /** @param signal breaks calls off. Default: nothing does. */
  constructor(place: Place, signal?: AbortSignal) {
    this.#place = place;
    this.#signal = signal;
  }

  /**
   * What tells this MinIO from every other: the id its disks were formatted with. Another address or name of the same one has the same id, a
   * store that was made anew another.
   */
  async deployment(): Promise<string> {
    const { deploymentID = "" } = JSON.parse(await this.#ask("GET", "info", {})) as { deploymentID?: string };
    return deploymentID;
  }

  /** Makes a user, or gives one that is there another secret. */
  async setUser(name: string, secret: string, status = "enabled"): Promise<void> {
    const body = sealed(this.#place.password, Buffer.from(JSON.stringify({ secretKey: secret, status })));
    await this.#ask("PUT", "add-user", { accessKey: name }, body);
  }

  async setStatus(name: string, status: "enabled" | "disabled"): Promise<void> {
    await this.#ask("PUT", "set-user-status", { accessKey: name, status });
  }

  /** @throws AdminError `XMinioAdminNoSuchUser` */
  async user(name: string): Promise<UserInfo> {
    const text = await this.#ask("GET", "user-info", { accessKey: name });
    const { status = "", policyName = "" } = JSON.parse(text) as { status?: string; policyName?: string };
    return { status, policies: policyName.split(",").filter((policy) => policy !== "") };
  }

  async removeUser(name: string): Promise<void> {
    await this.#ask("DELETE", "remove-user", { accessKey: name });
  }

  /**
   * Ends the temporary keys (STS) of a user. A removed user has them back when he is made again: MinIO keeps them. One before 2025-04-03
   * cannot end them, and that is no error.
   */
  async endTemporaryKeys(name: string): Promise<void> {
    await this.#ask("POST", "revoke-tokens/builtin", { user: name, fullRevoke: "true" }).catch((error: unknown) => {
      if (!(error instanceof AdminError) || error.code !== "XMinioAdminVersionMismatch") throw error;
    });
  }

  async addPolicy(name: string, policy: string): Promise<void> {
    await this.#ask("PUT", "add-canned-policy", { name }, Buffer.from(policy));
  }

  /** The policy's document as JSON. @throws AdminError `XMinioAdminNoSuchPolicy` */
  async policy(name: string): Promise<string> {
    return this.#ask("GET", "info-canned-policy", { name });
  }

  async removePolicy(name: string): Promise<void> {
    await this.#ask("DELETE", "remove-canned-policy", { name });
  }

  /** The policies of a user, all of them: those it had before are gone. */
  async setPoliciesOf(user: string, policies: readonly string[]): Promise<void> {
    const query = { policyName: policies.join(","), userOrGroup: user, isGroup: "false" };
    await this.#ask("PUT", "set-user-or-group-policy", query);
  }

  async #ask(
    method: string,
    call: string,
    query: Record<string, string>,
    body: Buffer = Buffer.alloc(0),
  ): Promise<string> {
    const { region, user, password, ca, servername } = this.#place;
    const origin = urlOf(this.#place);
    const path = `/minio/admin/v3/${call}?${new URLSearchParams(query).toString()}`;
    // As it goes over the wire: without the port that the scheme has anyway.
    const { host } = new URL(origin);
    const signed = aws4.sign(
      { host, path, method, service: "s3", region, body, headers: { "Content-Length": String(body.length) } },
      { accessKeyId: user, secretAccessKey: password },
    );
    const headers = Object.fromEntries(
      Object.entries(signed.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    const { status, text } = await exchange(new URL(path, origin), {
      method,
      headers,
      body,
      tls: { agent: agentFor(ca, servername) },
      signal: this.#signal,
    });
    const answer = jsonIn(text);
    if (status >= 200 && status < 300) {
      if (method === "GET" && answer === undefined) throw new NoAdminApi(String(status));
      return text;
    }
    const { Code, Message = "" } = (answer ?? {}) as { Code?: string; Message?: string };
    if (Code !== undefined) throw new AdminError(Code, Message);
    // In between may be what is only busy or starting.
    if (status >= 500 || status === 429) throw new Error(`it answers ${status}`);
    throw new NoAdminApi([status, /<Code>([^<]*)<\/Code>/.exec(text)?.[1]].filter(Boolean).join(" "));
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
