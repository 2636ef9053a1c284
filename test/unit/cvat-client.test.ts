import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { CvatClient } from "../../components/cvat/client/client.ts";
import { CvatError, readableBody } from "../../components/cvat/client/errors.ts";
import { waitForCvat } from "../../components/cvat/client/wait.ts";
import { closed } from "../fixtures/cvat/s3.ts";
import { ADMIN, startCvat, type TestCvat } from "../fixtures/cvat/stand-in.ts";

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A server that answers sign-ins, and everything else as it is told, one call after the other. */
async function serving(...calls: Serve[]): Promise<{ client: CvatClient; seen: string[]; url: string }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const call = `${request.method ?? ""} ${request.url ?? ""}`;
    seen.push(call);
    if (call === "POST /api/auth/login") json(200, { key: `key-${seen.length}` })(request, response);
    else (calls.shift() ?? json(200, {}))(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => closed(server));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Only where a call hangs on purpose is it given up soon: an answer may take a while on a busy machine.
  const callMs = calls.includes(hang) ? 300 : 20_000;
  return { client: new CvatClient({ endpoint: url, username: "admin", password: "secret", callMs }), seen, url };
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Serve =>
  (_, response) =>
    response.writeHead(status, { "Content-Type": "application/vnd.cvat+json", ...headers }).end(JSON.stringify(body));
const html =
  (status: number, text: string): Serve =>
  (_, response) =>
    response.writeHead(status, { "Content-Type": "text/html; charset=utf-8" }).end(text);
const drop: Serve = (request) => request.socket.destroy();
const hang: Serve = () => undefined;

async function startStandIn(): Promise<TestCvat> {
  const cvat = await startCvat();
  ends.push(() => cvat.end());
  return cvat;
}

describe("what CVAT's errors say", () => {
  it.each([
    ["a detail", "application/vnd.cvat+json", '{"detail":"Invalid token."}', "Invalid token."],
    ["a field's list", "application/json", '{"slug":["one","two"]}', "slug: one; two"],
    ["a field's text", "application/json", '{"credentials":"no"}', "credentials: no"],
    ["no field", "application/json", '{"non_field_errors":["no"]}', "no"],
    ["a list", "application/json", '["no","never"]', "no; never"],
    ["a JSON text", "application/json", '"no"', "no"],
    ["nested fields", "application/json", '{"labels":[{"type":["bad"]}]}', "labels: type: bad"],
    ["plain text", "text/html; charset=utf-8", "resource: gone\nkey: long\n", "resource: gone; key: long"],
    ["broken JSON", "application/json", "oh no", "oh no"],
    ["nothing", "application/json", "", "it says nothing more"],
  ])("in one line: %s", (_, type, text, line) => {
    expect(readableBody(type, text)).toBe(line);
  });

  it("in one line: a page of HTML", () => {
    const line = readableBody(
      "text/html",
      "<!doctype html><html><title>Server Error (500)</title><body>…</body></html>",
    );
    expect(line).toBe('an error page ("Server Error (500)"); the cause is in the log of CVAT\'s server');
  });

  it("without what was sent as a secret", async () => {
    const { client } = await serving(html(400, "credentials: top-secret is wrong"));
    const error = await client.post("cloudstorages", { secret_key: "top-secret" }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CvatError);
    expect((error as CvatError).message).toBe("CVAT answers 400 to POST /api/cloudstorages: credentials: *** is wrong");
  });
});

describe("CvatClient", () => {
  it("signs in once, says who it is, and asks in the organization's name", async () => {
    const headers: IncomingMessage["headers"][] = [];
    const keep: Serve = (request, response) => {
      headers.push(request.headers);
      json(200, {})(request, response);
    };
    const { client, seen } = await serving(keep, keep);
    await client.get("projects", { organization: "lab" });
    await client.get("projects", { organization: "" });
    expect(seen).toEqual(["POST /api/auth/login", "GET /api/projects", "GET /api/projects"]);
    expect(headers[0]).toMatchObject({
      accept: "application/vnd.cvat+json; version=2.0",
      authorization: "Token key-1",
      "x-organization": "lab",
    });
    expect(headers[0]?.cookie).toBeUndefined();
    expect(headers[1]?.["x-organization"]).toBe("");
  });

  it("signs in again, once, when its token is refused", async () => {
    const { client, seen } = await serving(json(401, { detail: "Invalid token." }), json(200, { id: 1 }));
    expect(await client.get("users/self")).toEqual({ id: 1 });
    expect(seen.filter((call) => call.startsWith("POST"))).toHaveLength(2);
    const refused = await serving(json(401, { detail: "User inactive or deleted." }), json(401, { detail: "no" }));
    await expect(refused.client.get("users/self")).rejects.toThrow("CVAT answers 401 to GET /api/users/self: no");
  });

  it("says whose password CVAT refuses, and how to go on", async () => {
    const cvat = await startStandIn();
    const client = new CvatClient({ endpoint: cvat.url, username: "admin", password: "another-one" });
    const text = await client.get("users/self").catch(String);
    expect(text).toMatch(/refuses the password of its user admin\..*put the new one into the stack/);
    expect(text).not.toContain("another-one");
  });

  it("asks for every page", async () => {
    const cvat = await startStandIn();
    const client = new CvatClient({ ...ADMIN, endpoint: cvat.url });
    for (let number = 0; number < 103; number++) await client.post("projects", { name: `p${number}` });
    const names = (await client.list<{ name: string }>("projects")).map(({ name }) => name);
    expect(new Set(names).size).toBe(103);
  });

  it("encodes the ids of requests, and knows when one is forgotten", async () => {
    const { client, seen } = await serving(json(200, { status: "finished" }), html(404, "There is no request"));
    const id = "action=create&target=task&target_id=1";
    expect(await client.request(id)).toEqual({ status: "finished" });
    expect(seen[1]).toBe("GET /api/requests/action%3Dcreate%26target%3Dtask%26target_id%3D1");
    expect(await client.request(id)).toBeUndefined();
  });

  it.each([
    ["CVAT is busy", [html(502, ""), html(503, ""), html(504, "")]],
    ["the connection drops", [drop]],
    ["CVAT asks to wait", [json(429, { detail: "throttled" }, { "Retry-After": "1" })]],
    ["CVAT fails once", [html(500, "oh no")]],
  ])(
    "tries again when %s",
    async (_, calls) => {
      const { client, seen } = await serving(...calls, json(200, { id: 7 }));
      expect(await client.get("projects/7")).toEqual({ id: 7 });
      expect(seen).toHaveLength(calls.length + 2);
    },
    20_000,
  );

  it.each([
    ["a POST whose connection drops", "POST", drop, /no answer/],
    ["a POST that CVAT is too busy for", "POST", html(503, "busy"), /503.*busy/],
    ["a POST that CVAT fails on", "POST", html(500, "oh no"), /500.*oh no/],
    ["what has had its time", "GET", hang, /no answer within 0\.3 s/],
  ] as const)("does not try again: %s", async (_, method, answer, problem) => {
    const { client, seen } = await serving(answer, json(200, {}));
    await expect(method === "GET" ? client.get("x") : client.post("x", {})).rejects.toThrow(problem);
    expect(seen).toHaveLength(2);
  });

  it("asks once more where CVAT fails, and then tells it", async () => {
    const { client, seen } = await serving(html(500, "oh no"), html(500, "oh no"), json(200, {}));
    await expect(client.get("x")).rejects.toThrow(/500.*oh no/);
    expect(seen).toHaveLength(3);
  });

  it("signs in once more where CVAT fails on it", async () => {
    const cvat = await startStandIn();
    await cvat.order({ faults: [{ call: "POST auth/login", kind: "500" }] });
    const client = new CvatClient({ ...ADMIN, endpoint: cvat.url });
    expect(await client.get("users/self")).toMatchObject({ username: ADMIN.username });
  });

  it("takes what is gone as removed", async () => {
    const { client } = await serving(json(404, { detail: "No Task matches the given query." }));
    await expect(client.remove("tasks/1")).resolves.toBeUndefined();
  });

  it("says where it is sent to instead", async () => {
    const { client } = await serving((_, response) =>
      response.writeHead(308, { Location: "https://cvat.example" }).end(),
    );
    await expect(client.get("projects")).rejects.toThrow(
      /308 .*sends us to https:\/\/cvat\.example; set .*cvat\.endpoint/,
    );
  });

  it("says so when something else answers at the address", async () => {
    const { client } = await serving(html(200, "<!doctype html><title>Router</title>"));
    await expect(client.get("projects")).rejects.toThrow(/no answer of CVAT's API; is the address right\?/);
  });
});

describe("waiting for CVAT", () => {
  it("is over at once when it works, and sends no token", async () => {
    const cvat = await startStandIn();
    await expect(waitForCvat({ endpoint: cvat.url })).resolves.toBeUndefined();
  });

  it("is over when it turns the address away for asking too often", async () => {
    const { url } = await serving(json(429, { detail: "Request was throttled." }, { "Retry-After": "50" }));
    await expect(waitForCvat({ endpoint: url, patienceMs: 500 })).resolves.toBeUndefined();
  });

  it("names what does not work when the time is up", async () => {
    const cvat = await startStandIn();
    await cvat.order({ failing: ["OPAHealthCheck", "DiskUsage"] });
    await expect(waitForCvat({ endpoint: cvat.url, patienceMs: 1200 })).rejects.toThrow(
      /is not ready after 1 s: OPAHealthCheck: unknown error: no answer$/,
    );
  });

  it("does not mind a full disk", async () => {
    const cvat = await startStandIn();
    await cvat.order({ failing: ["DiskUsage"] });
    await expect(waitForCvat({ endpoint: cvat.url, patienceMs: 1000 })).resolves.toBeUndefined();
  });

  it("goes on as soon as it answers", async () => {
    const cvat = await startStandIn();
    await cvat.order({ faults: [{ call: "GET server/about", kind: "503", times: 2 }] });
    await expect(waitForCvat({ endpoint: cvat.url, patienceMs: 10_000 })).resolves.toBeUndefined();
  });

  it("says that nobody is there", async () => {
    await expect(waitForCvat({ endpoint: "http://127.0.0.1:1", patienceMs: 100 })).rejects.toThrow(
      /CVAT at http:\/\/127\.0\.0\.1:1 is not ready .*(ECONNREFUSED|bad port)/,
    );
  });

  it("does not wait where CVAT refuses the host name", async () => {
    const { url } = await serving(html(400, "<h1>Bad Request (400)</h1>"));
    await expect(waitForCvat({ endpoint: url })).rejects.toThrow(/cvat\.server\.allowedHosts/);
  });
});
