import { call as send, jsonOf, NoAnswer, type Answer, type Call as Sent } from "../../../rest/call.ts";
import { isMap } from "../../../program/maps.ts";
import { KeycloakError, readableBody } from "./errors.ts";

/** What is asked of Keycloak. */
export interface Call {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below its address: `/admin/realms/lab/clients`. */
  path: string;
  query?: Readonly<Record<string, string>>;
  body?: Sent["body"];
  token?: string;
  /** How long the answer may take, in milliseconds. */
  limitMs: number;
  /** Breaks it off. Default: nothing does. */
  signal?: AbortSignal | undefined;
  /** Certificates of its private authority, PEM. Default: public ones are enough. */
  ca?: string | undefined;
}

/** What came of a call. */
export interface Done {
  /** Undefined where Keycloak answers with nothing. */
  content: unknown;
  /** The end of the address of what was made. */
  made: string | undefined;
}

const SECRETS = ["secret", "client_secret", "password"];

/**
 * One call and its answer.
 * @throws KeycloakError for every answer but a success, and for none; what the signal was aborted with
 */
export async function exchange(url: string, { method, path, query = {}, body, token, ...limits }: Call): Promise<Done> {
  const parameters = new URLSearchParams(query).toString();
  const name = `${method} ${path}`;
  try {
    const answer = await send(`${url}${path}${parameters === "" ? "" : `?${parameters}`}`, {
      method,
      headers: {
        Accept: "application/json",
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...(body && !(body instanceof URLSearchParams) && { "Content-Type": "application/json" }),
      },
      body,
      ...limits,
    });
    return { content: contentOf(name, answer, body), made: answer.headers.get("location")?.split("/").at(-1) };
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    throw new KeycloakError(`${name} at ${url}`, error.message, { cause: error.cause });
  }
}

function contentOf(name: string, answer: Answer, body: Sent["body"]): unknown {
  const { status, headers, text, retryAfterMs } = answer;
  if (status >= 200 && status < 300) {
    if (text === "") return undefined;
    if (headers.get("content-type")?.includes("json")) return jsonOf(answer);
    throw new KeycloakError(name, "it is no answer of Keycloak's API; is the address right?", { status });
  }
  const elsewhere = status < 400 ? headers.get("location") : null;
  if (elsewhere !== null) throw new KeycloakError(name, `it sends us to ${hostIn(elsewhere)}`, { status });
  const { detail, code } = readableBody(text);
  throw new KeycloakError(name, masked(detail, body), { status, code, retryAfterMs });
}

const hostIn = (location: string) =>
  URL.canParse(location, "http://it") ? new URL(location, "http://it").host : "another address";

/** What was sent as a secret is not said again. */
function masked(text: string, body: Sent["body"]): string {
  const sent = body instanceof URLSearchParams ? Object.fromEntries(body) : isMap(body) ? body : {};
  return SECRETS.map((field) => sent[field])
    .filter((value) => typeof value === "string" && value !== "")
    .reduce((line: string, secret) => line.replaceAll(secret as string, "***"), text);
}
