import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isNear, proxyEnvironment, useEnvironmentProxy } from "../../components/rest/proxy.ts";

const PROJECT = path.resolve(import.meta.dirname, "../..");
const TIMEOUT_MS = 120_000;

/** Where clients wanted to go through the proxy. */
const asked: string[] = [];
let refusal: number | undefined;
let proxy: Server;
let target: Server;

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listening = (server: Server) =>
  new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));

beforeAll(async () => {
  target = createServer((_request, response) => response.end("from the target"));
  // It knows every name, as the proxies of organizations do, and leads all of them to one server.
  proxy = createServer().on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    if (refusal !== undefined) return void socket.end(`HTTP/1.1 ${refusal} No\r\n\r\n`);
    const other = connect(portOf(target), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      other.pipe(socket).pipe(other);
    });
    socket.on("error", () => other.destroy());
    other.on("error", () => socket.destroy());
  });
  await Promise.all([listening(target), listening(proxy)]);
});
afterAll(() => {
  for (const server of [target, proxy]) {
    server.closeAllConnections();
    server.close();
  }
});
beforeEach(() => {
  asked.length = 0;
  refusal = undefined;
});

/** What a program that was started with this environment gets by `fetch`, each address in turn. */
async function fetched(env: Record<string, string>, ...urls: string[]): Promise<string[]> {
  const program = `
    import { useEnvironmentProxy } from "./components/rest/proxy.ts";
    await useEnvironmentProxy();
    const got = [];
    for (const url of ${JSON.stringify(urls)})
      got.push(await fetch(url, { signal: AbortSignal.timeout(5000) }).then((one) => one.text(), (error) => error.name));
    process.stdout.write(JSON.stringify(got));`;
  const { stdout } = await execa(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    cwd: PROJECT,
    env: { ...clean, ...env },
  });
  return JSON.parse(stdout) as string[];
}

const clean = Object.fromEntries(
  ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "VISION_PLATFORM_PROXY_LAB"].flatMap((name) => [
    [name, ""],
    [name.toLowerCase(), ""],
  ]),
);

describe("fetch", { timeout: TIMEOUT_MS }, () => {
  it("goes by the proxy of the environment, and not where NO_PROXY or a near address says otherwise", async () => {
    const near = `http://127.0.0.1:${portOf(target)}/`;
    const url = `http://127.0.0.1:${portOf(proxy)}`;
    const environment = { HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: "other.invalid" };
    const [far, direct, excepted] = await fetched(environment, "http://charts.invalid/", near, "http://other.invalid/");
    expect([far, direct]).toEqual(["from the target", "from the target"]);
    expect(excepted).not.toBe("from the target");
    expect(asked).toEqual(["charts.invalid:80"]);
  });

  it("asks near addresses through it where the environment says that too", async () => {
    const near = `http://127.0.0.1:${portOf(target)}/`;
    const url = `http://127.0.0.1:${portOf(proxy)}`;
    await fetched({ HTTP_PROXY: url, VISION_PLATFORM_PROXY_LAB: "1" }, near);
    expect(asked).toEqual([new URL(near).host]);
  });

  it("is left as it is without one", async () => {
    const near = `http://127.0.0.1:${portOf(target)}/`;
    expect(await fetched({}, near)).toEqual(["from the target"]);
    expect(asked).toEqual([]);
  });

  it.each([["HTTPS_PROXY"], ["http_proxy"]])("refuses %s that is no address, without showing it", async (name) => {
    const secret = "canary-proxy-password";
    await expect(useEnvironmentProxy({ [name]: `://user:${secret}@` })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.not.stringContaining(secret) as string,
    });
  });
});

describe("charts pull", { timeout: TIMEOUT_MS }, () => {
  const pull = (env: Record<string, string>) =>
    execa(process.execPath, ["automation/bin.mjs", "charts", "pull", "cvat"], {
      cwd: PROJECT,
      env: { ...clean, VISION_PLATFORM_CACHE: path.join(PROJECT, "node_modules/.no-cache-of-charts"), ...env },
      reject: false,
      stdin: "ignore",
    });

  it("asks the proxy, and says what it answers", async () => {
    refusal = 407;
    const { stderr, exitCode } = await pull({ HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}` });
    expect(asked).not.toEqual([]);
    expect(asked.filter((host) => !host.endsWith(":443"))).toEqual([]);
    expect(stderr).toMatch(/the proxy that HTTPS_PROXY names answers 407: it wants a user name and a password/);
    expect(exitCode).not.toBe(0);
  });

  it("says that it is the proxy which cannot be reached", async () => {
    const { stderr } = await pull({ HTTPS_PROXY: "http://127.0.0.1:1" });
    expect(stderr).toMatch(/cannot be reached through the proxy that HTTPS_PROXY names: it refuses the connection/);
  });
});

it.each([
  ["127.0.0.1", true],
  ["localhost", true],
  ["10.43.0.1", true],
  ["172.16.0.1", true],
  ["172.32.0.1", false],
  ["192.168.1.20", true],
  ["[::1]", true],
  ["[fd00::1]", true],
  ["203.0.113.5", false],
  ["[2001:db8::1]", false],
  ["cvat.example", false],
])("%s is near: %s", (host, expected) => expect(isNear(host)).toBe(expected));

it("programs in Go ask near addresses directly, beside what the person excepts", () => {
  expect(proxyEnvironment({})).toEqual({});
  const { NO_PROXY = "" } = proxyEnvironment({ HTTPS_PROXY: "http://proxy.example:3128", no_proxy: "lab.example" });
  expect(NO_PROXY.split(",")).toEqual(expect.arrayContaining(["lab.example", "127.0.0.0/8", "192.168.0.0/16"]));
  expect(proxyEnvironment({ HTTPS_PROXY: "http://proxy.example:3128", VISION_PLATFORM_PROXY_LAB: "1" })).toEqual({});
});
