import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { tokenFile } from "../../automation/data/tokens/token-file.ts";
import { makeToken, revokeToken } from "../../components/cvat/tokens/access-tokens.ts";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { cliFile } from "../../components/discovery/environment.ts";
import { CLI_FILE } from "../../components/discovery/names.ts";
import { CvatClient } from "../../components/cvat/client/client.ts";
import { ADMIN, startCvat } from "../fixtures/cvat/stand-in.ts";

const REQUIREMENTS = path.resolve(import.meta.dirname, "../python/cvat-sdk/requirements.txt");

it("a token's file, and that of notebooks, is what cvat-cli signs in with, by the command line that the file says", async () => {
  const python = await pythonEnvironment(REQUIREMENTS, { progress: silentProgress });
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-token-"));
  const cvat = await startCvat();
  try {
    await cvat.call("POST", "organizations", { body: { slug: "lab" } });
    const client = new CvatClient({ endpoint: cvat.url, ...ADMIN });
    const { id } = await client.post<{ id: number }>("tasks", { name: "street", labels: [] }, { organization: "lab" });
    const token = await makeToken(client, { name: "cli", read_only: true, expiry_date: null });
    const facts = { username: "admin", url: cvat.url, version: "2.64.0", organizations: ["lab"], stack: "lab" };
    const text = tokenFile(token, facts);
    await writeFile(path.join(folder, "cvat.env"), text);
    const line = /^# {3}(cvat-cli .*)$/m.exec(text)?.[1] ?? "";
    const shell = {
      cwd: folder,
      env: { PATH: `${path.dirname(python)}:${process.env["PATH"] ?? ""}` },
      reject: false,
    };
    const run = () => execa("sh", ["-c", `set -a; . ./cvat.env; set +a; ${line}`], shell);
    expect(await run()).toMatchObject({ exitCode: 0, stdout: String(id) });
    const access = { host: cvat.url, token: token.value };
    const lines = cliFile(access, { username: "admin", readOnly: true, version: "2.64.0" })[CLI_FILE] ?? "";
    await writeFile(path.join(folder, "notebook.env"), lines);
    const said = (/^# {3}(set -a.*)\n# {3}(cvat-cli .*)$/m.exec(lines) ?? []).slice(1).join("; ");
    const ofNotebooks = () => execa("sh", ["-c", said.replace("FILE", "./notebook.env")], shell);
    expect(await ofNotebooks()).toMatchObject({ exitCode: 0, stdout: String(id) });
    await revokeToken(client, token);
    expect((await run()).exitCode).not.toBe(0);
    expect((await ofNotebooks()).exitCode).not.toBe(0);
  } finally {
    await cvat.end();
    await rm(folder, { recursive: true });
  }
}, 300_000);
