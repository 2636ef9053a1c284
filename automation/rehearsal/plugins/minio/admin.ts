import aws4 from "aws4";
import { sealed } from "./sealed.ts";

/** Where MinIO is, and as whom to ask it. */
export interface Place {
  /** `127.0.0.1:9000`. */
  server: string;
  tls: boolean;
  region: string;
  user: string;
  password: string;
}

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

/** MinIO's admin API, as far as the plugin needs it. (madmin-go v3: user-commands.go, policy-commands.go) */
export class MinioAdmin {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
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
    const { server, tls, region, user, password } = this.#place;
    const path = `/minio/admin/v3/${call}?${new URLSearchParams(query).toString()}`;
    const signed = aws4.sign(
      { host: server, path, method, service: "s3", region, body, headers: { "Content-Length": String(body.length) } },
      { accessKeyId: user, secretAccessKey: password },
    );
    const headers = Object.fromEntries(
      Object.entries(signed.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    delete headers["Host"]; // fetch sets these two itself
    delete headers["Content-Length"];
    const response = await fetch(`${tls ? "https" : "http"}://${server}${path}`, {
      method,
      headers,
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    });
    const text = await response.text();
    if (response.ok) return text;
    const { Code = String(response.status), Message = response.statusText } = parsed(text);
    throw new AdminError(Code, Message);
  }
}

function parsed(text: string): { Code?: string; Message?: string } {
  try {
    return JSON.parse(text) as { Code?: string; Message?: string };
  } catch {
    return {};
  }
}
