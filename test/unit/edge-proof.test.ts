import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { askEdge, type Asked, type Send } from "../../components/edge/proof/ask.ts";
import { kind } from "../../components/edge/proof/proof.ts";
import { spellingsOf } from "../../components/edge/spellings.ts";

const ASKED: Asked = {
  url: "https://cvat.example.com",
  open: "https://cvat.example.com/api/server/about",
  header: "X-Sso-Token",
  refusesSlashes: true,
};

/** An edge that lets these spellings through to an application that believes no token of ours. */
function edge({
  arrives = [],
  page = 302,
  slash = 400,
  open = 200,
}: {
  arrives?: string[];
  page?: number;
  slash?: number;
  open?: number;
}): Send {
  return (address, headers) => {
    const isForged = Object.keys(headers).some((name) => arrives.includes(name));
    const path = new URL(address).pathname;
    const status = path === "/" ? page : path.includes("%2f") ? slash : isForged ? 401 : open;
    return Promise.resolve({ status });
  };
}

describe("the running edge", () => {
  it.each<[string, Parameters<typeof edge>[0], RegExp[]]>([
    ["that is as it should be is said nothing of", {}, []],
    [
      "that lets spellings through is told, with the cure, and that nothing opens",
      { arrives: ["X_Sso_Token", "X.Sso.Token"] },
      [
        /lets X_Sso_Token, X\.Sso\.Token through to CVAT.*a forged one opens nothing\. Set aliasHeadersStrategy: delete/,
      ],
    ],
    ["that asks nobody for a session is told", { page: 200 }, [/\/ answers 200 to who has no session/]],
    [
      "that takes encoded slashes is told",
      { slash: 302 },
      [/does not refuse a path with an encoded slash \(it answers 302\)/],
    ],
    ["whose proxy does not answer is not known", { page: 500 }, [/^Not known whether .*GET \/ answers 500/]],
    ["that leads elsewhere is not known", { open: 301 }, [/^Not known .*answers 301\. The next up asks again\.$/]],
  ])("%s", async (_, like, expected) => {
    const texts = await askEdge(ASKED, edge(like));
    expect(texts).toEqual(expected.map((text) => expect.stringMatching(text) as string));
  });

  it("at which nginx decodes paths itself is not asked about slashes", async () => {
    expect(await askEdge({ ...ASKED, refusesSlashes: false }, edge({ slash: 302 }))).toEqual([]);
  });

  it("is asked in every spelling, by headers as they go over the wire, and never fails a run", async () => {
    const seen: string[] = [];
    const listener: RequestListener = (request, response) => {
      seen.push(...request.rawHeaders.filter((name) => /sso/i.test(name)));
      response.writeHead(request.url === "/" ? 302 : request.url?.includes("%2f") ? 400 : 200).end();
    };
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const said: string[] = [];
    const run = {
      engine: {},
      signal: new AbortController().signal,
      say: () => undefined,
      warn: (text: string) => void said.push(text),
    };
    const inputs = { ...ASKED, url, open: `${url}/open` };
    const { id, outs } = await kind.create(inputs, run);
    expect([id, said]).toEqual(["asked", []]);
    expect(seen.map((name) => name.toLowerCase()).sort()).toEqual(spellingsOf("x-sso-token").sort());
    server.close();
    server.closeAllConnections();
    // In the next run there is nobody.
    expect(await kind.diff(outs, inputs, run)).toEqual({ changed: [] });
    expect(said).toEqual([expect.stringMatching(/^Not known whether http/)]);
  });
});
