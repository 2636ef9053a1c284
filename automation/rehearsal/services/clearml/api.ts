import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";
import { accountOf, type Server } from "./accounts.ts";
import type { Account } from "./account.ts";
import { ApiKeys } from "./keys.ts";
import type { Fields, Queues } from "./queues.ts";
import { refuse, Refusal } from "./refusal.ts";
import { company, readToken, tokenFor } from "./tokens.ts";

interface Asked {
  fields: Fields;
  account: Account;
  server: Server;
}

interface Endpoint {
  /** Whether it may be asked without signing in. */
  open?: true;
  answer: (asked: Asked) => Fields;
}

/** The endpoints that are answered. */
function endpointsOf(queues: Queues, keys: ApiKeys): Readonly<Record<string, Endpoint>> {
  return {
    "debug.ping": { open: true, answer: ({ fields }) => ({ msg: "ClearML server", ...fields }) },
    "server.info": {
      open: true,
      answer: () => ({ version: "2.0.0", build: "613", commit: "", uid: "rehearsal", api_version: "2.31" }),
    },
    "auth.login": {
      answer: ({ fields, account, server }) => ({
        token: tokenFor(account, server.tokenSecret, fields["expiration_sec"] as number | undefined),
      }),
    },
    "auth.create_credentials": { answer: ({ fields, account }) => keys.create(person(account), fields["label"]) },
    "auth.get_credentials": { answer: ({ account }) => keys.list(account) },
    "auth.revoke_credentials": { answer: ({ fields, account }) => keys.revoke(person(account), fields["access_key"]) },
    "users.get_current_user": {
      answer({ account }) {
        if (isDeclared(account)) throw refuse("user", "(failed loading user)");
        return { user: { ...account, company, settings: {} }, getting_started: {} };
      },
    },
    "queues.get_all": { answer: ({ fields }) => queues.getAll(fields) },
    "queues.get_by_id": { answer: ({ fields }) => queues.getById(fields) },
    "queues.get_default": { answer: () => queues.getDefault() },
    "queues.get_num_entries": { answer: ({ fields }) => queues.getNumEntries(fields) },
    "queues.create": { answer: ({ fields, account }) => queues.create(fields, account.id) },
    "queues.update": { answer: ({ fields }) => queues.update(fields) },
    "queues.delete": { answer: ({ fields }) => queues.delete(fields) },
    "queues.add_task": { answer: ({ fields }) => queues.addTask(fields) },
    "queues.remove_task": { answer: ({ fields }) => queues.removeTask(fields) },
  };
}

/** Pairs of the server's own configuration are users that nobody sees; their ids are between underscores. */
const isDeclared = ({ id }: Account) => id.startsWith("__");

function person(account: Account): Account {
  if (isDeclared(account)) throw refuse("userId", "(protected identity)");
  return account;
}

/** @param serverNow what the API server is told now; undefined while it does not run */
export function clearmlApi(
  queues: Queues,
  serverNow: () => Promise<Server | undefined>,
  keys: ApiKeys = new ApiKeys(),
): RequestListener {
  const endpoints = endpointsOf(queues, keys);

  async function answer(request: IncomingMessage): Promise<{ code: number; body: unknown }> {
    const server = await serverNow();
    if (!server) return { code: 503, body: "no API server is ready\n" };
    keys.forgetOthers(server.users);
    const [, , version = "2.31", name = ""] = /^\/?(v(\d+\.?\d+)\/)?([a-zA-Z_]\w+\.[a-zA-Z_]\w+)\/?$/.exec(
      pathOf(request),
    ) ?? [undefined, undefined, undefined, undefined];
    try {
      const data = await dataOf(request, name, version, server);
      return { code: 200, body: envelope(name, version, 200, 0, "OK", data) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, subcode, message } = error;
      return { code, body: envelope(name, version, code, subcode, message, {}) };
    }
  }

  async function dataOf(request: IncomingMessage, name: string, version: string, server: Server): Promise<Fields> {
    if (name === "") throw refuse("malformedPath", pathOf(request));
    const endpoint = endpoints[name];
    if (!endpoint) throw new Refusal(404, 0, `Unable to find endpoint for name ${name} and version ${version}`);
    const account = endpoint.open ? NOBODY : await signedIn(request, server, keys);
    return endpoint.answer({ fields: await fieldsOf(request), account, server });
  }

  return (request, response) => {
    void answer(request)
      .catch((error: unknown) => ({
        code: 500,
        body: envelope("", "", 500, 0, error instanceof Error ? error.message : String(error), {}),
      }))
      .then(({ code, body }) => {
        response.writeHead(code, { "Content-Type": typeof body === "string" ? "text/plain" : "application/json" });
        response.end(typeof body === "string" ? body : JSON.stringify(body));
      });
  };
}

const NOBODY: Account = { id: "", name: "", role: "" };
const pathOf = (request: IncomingMessage) => (request.url ?? "").split("?")[0] ?? "";

async function signedIn(request: IncomingMessage, server: Server, keys: ApiKeys): Promise<Account> {
  const { authorization } = request.headers;
  if (!authorization) throw refuse("noCredentials");
  const [kind, value = ""] = authorization.split(" ");
  if (kind === "Basic") return accountOf(server, keys, value);
  if (kind === "Bearer") return readToken(value, server.tokenSecret);
  throw refuse("authType");
}

/** Fields of the body, and over them those of the query, with numbers and booleans as such. */
async function fieldsOf(request: IncomingMessage): Promise<Fields> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString("utf8");
  const query = new URLSearchParams((request.url ?? "").split("?")[1] ?? "");
  const asked = [...query].map(([key, value]) => [key, /^\d+$/.test(value) ? Number(value) : value] as const);
  try {
    return { ...(body === "" ? {} : (JSON.parse(body) as Fields)), ...Object.fromEntries(asked) };
  } catch {
    throw refuse("validation", "(the body is not JSON)");
  }
}

function envelope(name: string, version: string, code: number, subcode: number, message: string, data: Fields) {
  const id = randomUUID().replaceAll("-", "");
  return {
    meta: {
      id,
      trx: id,
      endpoint: { name, requested_version: version, actual_version: version },
      result_code: code,
      result_subcode: subcode,
      result_msg: message,
      error_stack: null,
      error_data: {},
    },
    data,
  };
}
