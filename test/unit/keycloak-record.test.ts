import { request } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asAdministrator } from "../../automation/keycloak/administrator.ts";
import { certificateOnLoopback } from "../../automation/rehearsal/certificate.ts";
import { placeOf } from "../../components/sso/keycloak/place.ts";
import { kind, type ClientInputs } from "../../components/sso/keycloak/records/client.ts";
import { keycloakConfig } from "../../components/sso/keycloak/keycloak-config.ts";
import { wantedClient } from "../../components/sso/keycloak/wanted-client.ts";
import { bootstrapCases } from "../fixtures/keycloak/bootstrap-cases.ts";
import { clientNamed, connectionTo } from "../fixtures/keycloak/keycloak.ts";
import { HOST, recordCases, sectionOf } from "../fixtures/keycloak/record-cases.ts";
import { answered, doneButDropped, startStandIn, type StandIn } from "../fixtures/keycloak/stand-in.ts";
import { newRun, within } from "./run.ts";

let keycloak: StandIn;
beforeAll(async () => {
  keycloak = await startStandIn();
});
afterAll(() => keycloak.end());

recordCases(() => keycloak);
bootstrapCases(() => keycloak);

const record = within(newRun(), kind);
const wanted = (changes: Partial<ClientInputs> = {}): ClientInputs => ({
  ...wantedClient(sectionOf(keycloak.url), keycloakConfig.parse({}), HOST),
  secret: "made-for-this-client-1",
  connection: connectionTo(keycloak),
  ...changes,
});

describe("where an answer is lost", () => {
  it("a client that was made is taken for made", async () => {
    keycloak.faults["POST /clients"] = [doneButDropped];
    const { id, outs } = await record.create(wanted());
    expect((await clientNamed(keycloak, "cvat"))?.id).toBe(id);
    await record.delete(id, outs);
  });

  it("and one that was not made is an error, and made by the next run", async () => {
    keycloak.faults["POST /clients"] = [answered(503, { error: "busy" })];
    await expect(record.create(wanted())).rejects.toThrow(/Keycloak answers 503 to POST .*: busy/);
    expect(await clientNamed(keycloak, "cvat")).toBeUndefined();
    const { id, outs } = await record.create(wanted());
    await record.delete(id, outs);
  });

  it("a token that ended meanwhile is asked for anew", async () => {
    keycloak.faults["GET /client-scopes"] = [answered(401, { error: "HTTP 401 Unauthorized" })];
    const { id, outs } = await record.create(wanted());
    await record.delete(id, outs);
  });

  it("and a secret that an answer quotes is not said again", async () => {
    const secret = "made-for-this-client-1";
    keycloak.faults["POST /clients"] = [answered(400, { errorMessage: `no such secret: ${secret}` })];
    await expect(record.create(wanted())).rejects.toThrow(/no such secret: \*\*\*/);
  });
});

it("a client that Keycloak keeps otherwise is told, part by part", async () => {
  const { id, outs } = await record.create(wanted());
  // As where a client policy of the realm takes a part back.
  keycloak.faults[`PUT /clients/${id}`] = [
    (_request, response) => {
      response.writeHead(204).end();
      return "answered";
    },
  ];
  const news = wanted({ webOrigins: [], secret: "another-one" });
  await expect(record.update(id, outs, news)).rejects.toThrow(/has it otherwise: webOrigins, secret\. A client policy/);
  await record.delete(id, outs);
});

it("a server that is not there is told by the key that says where it is", async () => {
  const gone = { ...connectionTo({ url: "http://127.0.0.1:1" }), callMs: 500 };
  await expect(record.create(wanted({ connection: gone }))).rejects.toThrow(
    /sso\.keycloak\.adminUrl: Keycloak cannot be asked/,
  );
});

it("another program at that address is told by the same key", async () => {
  const elsewhere = { ...connectionTo(keycloak), url: `${keycloak.url}/elsewhere` };
  await expect(record.create(wanted({ connection: elsewhere }))).rejects.toThrow(
    /sso\.keycloak\.adminUrl: What answers at .*elsewhere is no Keycloak/,
  );
});

it.each([
  ["a pattern", { redirectUris: ["https://cvat.example.com/*"] }],
  ["no TLS", { redirectUris: ["http://cvat.example.com/oauth2/callback"] }],
  ["a query", { redirectUris: ["https://cvat.example.com/oauth2/callback?x=y"] }],
  [
    "a fragment, by which two addresses would be one text",
    { postLogoutUris: ["https://cvat.example.com/##https://evil"] },
  ],
  ["as the others are", { webOrigins: ["+"] }],
  ["a path where an origin is", { webOrigins: ["https://cvat.example.com/oauth2"] }],
  ["somebody's name", { redirectUris: ["https://cvat.example.com@evil.example.com/"] }],
])("an address with %s is refused", async (_what, changes) => {
  expect(await record.check(wanted(), {})).toEqual([]);
  expect(await record.check(wanted(changes), {})).toEqual([
    expect.stringContaining("no exact https address") as string,
  ]);
});

describe("a Keycloak behind an authority of its own", () => {
  let front: Server;
  let url: string;
  let ca: string;
  let others: string;
  beforeAll(async () => {
    const made = await certificateOnLoopback({
      authority: "keycloak's own",
      subject: [{ name: "commonName", value: "keycloak" }],
    });
    ca = made.ca;
    others = (await certificateOnLoopback({ authority: "another", subject: [] })).ca;
    front = createServer({ cert: made.certificate, key: made.key }, (asked, response) => {
      const { method, headers } = asked;
      const passed = request(`${keycloak.url}${asked.url ?? ""}`, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      });
      asked.pipe(passed);
    });
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    url = `https://127.0.0.1:${(front.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    front.closeAllConnections();
    front.close();
  });
  const own = within(newRun(), kind);
  const connection = (authority?: string) => ({ ...connectionTo({ url }), ca: authority });

  it("is asked by that, from the making of the client to its end", async () => {
    const { id, outs } = await own.create(wanted({ connection: connection(ca) }));
    expect((await clientNamed(keycloak, "cvat"))?.id).toBe(id);
    const changed = await own.update(id, outs, wanted({ connection: connection(ca), secret: "another-one" }));
    await own.delete(id, changed);
    expect(await clientNamed(keycloak, "cvat")).toBeUndefined();
  });

  it.each([
    [
      "none",
      undefined,
      /^vision-platform:sso\.issuerCa: the certificate of Keycloak at \S+ is of no public authority \(/,
    ],
    ["another's", "others", /^vision-platform:sso\.issuerCa: .* is neither of this authority nor of a public one \(/],
  ])("is told by that key with %s, for the record and for an administrator", async (_, which, message) => {
    const authority = which && others;
    await expect(own.create(wanted({ connection: connection(authority) }))).rejects.toThrow(message);
    const place = placeOf(`${url}/realms/lab`, { ca: authority });
    const boot = { realm: "master", ...keycloak.admin };
    const asked = asAdministrator(place, boot, new AbortController().signal, () => Promise.resolve());
    await expect(asked).rejects.toThrow(message);
  });

  it("is another connection with another authority, which the record notes", () => {
    const [olds, news] = [wanted({ connection: connection(others) }), wanted({ connection: connection(ca) })];
    expect(kind.diff({ ...olds, drift: [] }, news, newRun())).toEqual({ changed: ["connection"], replaces: [] });
  });
});
