import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
