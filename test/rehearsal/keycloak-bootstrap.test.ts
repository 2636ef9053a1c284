import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ENGINE_PROGRAMS } from "../../automation/engine/door.ts";
import { silentProgress } from "../../automation/progress.ts";
import { copyProjectFile } from "../../automation/stackfile/project-file.ts";
import { obtainTools } from "../../automation/tools/obtain.ts";
import { clientNamed, done, REALM } from "../fixtures/keycloak/keycloak.ts";
import { startStandIn, type StandIn } from "../fixtures/keycloak/stand-in.ts";

const PROJECT = path.resolve(import.meta.dirname, "../..");

let keycloak: StandIn;
let folder: string;
const stackFile = () => path.join(folder, "Pulumi.lab.yaml");
const stackText = (adminUrl: string, more = "") => `config:
  # Where people annotate.
  vision-platform:cvat:
    ingress: { host: cvat.example.com, tls: { secretName: cvat-tls } }
  vision-platform:traefik: { address: 192.0.2.20 }
  vision-platform:sso:
    issuer: https://auth.example.com/realms/${REALM}
    allowedGroups: [/annotators] # and nobody else
    groups: { /annotators: { role: worker } }
    keycloak: { adminUrl: "${adminUrl}"${more} }
`;

beforeAll(async () => {
  // The verb finds what is in the cache.
  await obtainTools(ENGINE_PROGRAMS, { progress: silentProgress });
  keycloak = await startStandIn();
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-bootstrap-"));
  await copyProjectFile(PROJECT, folder);
  await writeFile(stackFile(), stackText(keycloak.url));
  const account = await clientNamed(keycloak, "vision-platform");
  await done(keycloak, "DELETE", `/${REALM}/clients/${account?.id ?? ""}`);
});
afterAll(async () => {
  await keycloak.end();
  await rm(folder, { recursive: true, force: true });
});

async function bootstrap(input: string, ...flags: string[]) {
  const args = ["automation/bin.mjs", "keycloak", "bootstrap", "--stack", "lab", "--folder", folder, ...flags];
  const { stdout, stderr, exitCode } = await execa(process.execPath, args, {
    cwd: PROJECT,
    env: { PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: "a-passphrase" },
    input,
    reject: false,
  });
  expect(stdout + stderr).not.toContain(keycloak.admin.password);
  expect(stdout + stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  return { stdout, stderr, exitCode };
}
const account = () => clientNamed<{ secret: string }>(keycloak, "vision-platform");
const password = () => `${keycloak.admin.password}\n`;

it("says what it would do, and does nothing of it", async () => {
  const { stdout, exitCode } = await bootstrap(password(), "--admin", "boot", "--dry-run", "--json");
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    realm: REALM,
    dryRun: true,
    done: [expect.stringContaining("made") as string, expect.stringContaining("role") as string],
  });
  expect(await account()).toBeUndefined();
  expect(await readFile(stackFile(), "utf8")).toBe(stackText(keycloak.url));
});

it("makes the account, and puts its secret into the stack file, encrypted", async () => {
  const { stdout, stderr, exitCode } = await bootstrap(password(), "--admin", "boot", "--json");
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("encrypted") as string });
  expect(JSON.parse(stdout)).toMatchObject({ dryRun: false, key: "vision-platform:sso.secrets.keycloak" });
  const { secret = "" } = (await account()) ?? {};
  expect(secret).not.toBe("");
  expect(stdout + stderr).not.toContain(secret);
  const text = await readFile(stackFile(), "utf8");
  expect(text).toContain("# and nobody else");
  expect(text).toMatch(/secrets:\s+keycloak:\s+secure: v1:/);
  expect(text).not.toContain(secret);
});

it("done again it finds everything as it must be, and gives the same secret to a file", async () => {
  const file = path.join(folder, "account");
  const { stdout, stderr, exitCode } = await bootstrap(password(), "--admin", "boot", "--output", file);
  expect({ stdout, exitCode }).toEqual({
    stdout: `Realm lab at ${keycloak.url}: everything is as it must be.`,
    exitCode: 0,
  });
  expect(stderr).toContain("pulumi config set --path --secret 'vision-platform:sso.secrets.keycloak' <");
  expect(await readFile(file, "utf8")).toBe((await account())?.secret);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it.each([
  ["a wrong password", "wrong\n", [], /does not let boot of realm master in/, 1],
  ["no password", "", [], /No password came/, 2],
  ["roles that tokens do not name", "x\n", ["--groups"], /groupsFrom to roles/, 2],
])("ends in one sentence with %s", async (_what, input, flags, words, code) => {
  const { stderr, exitCode } = await bootstrap(input, "--admin", "boot", ...flags);
  expect(exitCode).toBe(code);
  expect(stderr).toMatch(words);
});

it.each([
  ["nothing listens", () => "http://127.0.0.1:1", /no answer|ECONNREFUSED/],
  ["there is another program", () => `${keycloak.url}/elsewhere`, /is no Keycloak/],
])("ends in one sentence where %s", async (_what, url, words) => {
  await writeFile(stackFile(), stackText(url()));
  const { stderr, exitCode } = await bootstrap(password(), "--admin", "boot");
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringMatching(words) as string });
});
