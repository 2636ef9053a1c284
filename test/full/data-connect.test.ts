import { readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { dataLab, type DataFlags } from "../../automation/data/connect/lab.ts";
import { whyUrlUnreachable } from "../../automation/data/connect/reachable.ts";
import { readOutputs } from "../../automation/engine/outputs.ts";
import { silentProgress } from "../../automation/progress.ts";
import { stackFilePath } from "../../automation/stackfile/stack-file.ts";
import { s3Of } from "../../components/storage/client/s3.ts";
import { startScene, type Lab } from "../rehearsal/harness.ts";

let lab: Lab;
let folder: string;
/** What nobody may see: passwords and keys of the stack, and the values of tokens as they are made. */
const secrets: string[] = [];
const seen: string[] = [];

beforeAll(async () => {
  // As test/rehearsal/whole-lab.test.ts has it, and so from the same snapshot.
  ({ lab } = await startScene({ cvat: { superuser: { password: { secure: "v1:x" } } } }, { whole: true }));
  folder = path.join(lab.home.folder, "stack");
  Object.assign(process.env, engine());
  const outputs = await readOutputs(lab.rehearsal().stack, { showSecrets: true });
  secrets.push(...textsIn(outputs["secrets"]).filter((text) => text.length > 12));
});
afterAll(async () => {
  for (const name of Object.keys(engine())) Reflect.deleteProperty(process.env, name);
  await lab.end();
});

const engine = () => {
  const { PULUMI_BACKEND_URL = "", PULUMI_CONFIG_PASSPHRASE = "" } = lab.rehearsal().env;
  return { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE };
};

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

const start = (...args: string[]) =>
  execa(process.execPath, ["automation/bin.mjs", ...args, "--stack", "lab", "--folder", folder], { reject: false });
async function cli(...args: string[]) {
  const ran = await start(...args);
  seen.push(ran.stdout, ran.stderr);
  return ran;
}

const open = async (flags: Partial<DataFlags> = {}, lines: string[] = []) =>
  dataLab({ stack: "lab", folder, ...flags }, { ...silentProgress, line: (text) => void lines.push(text) });

describe("what a data verb begins with", () => {
  it("is the bucket with a person's key, CVAT as the superuser, and the only organization", async () => {
    const data = await open();
    const { name, place } = await data.place("datasets");
    expect({ name, user: place.user }).toEqual({ name: "datasets", user: "vision-platform-clearml-admin" });
    const s3 = s3Of(place);
    for (const bucket of [name, (await data.place("cvat")).name]) {
      await s3.putObject(bucket, `${data.temporary}probe.txt`, "probe");
      await s3.removeObject(bucket, `${data.temporary}probe.txt`);
    }
    expect(await data.organization()).toBe("lab");
    const cvat = await data.cvat();
    expect(await cvat.get("users/self")).toMatchObject({ username: "admin" });
    await expect(data.place("nothing")).rejects.toThrow(
      /No bucket of this lab is for `nothing`\. They are for: datasets, /,
    );
    await data.close();
  });

  it("reaches CVAT by a port-forward where its address leads nowhere, and says so", async () => {
    const file = stackFilePath(folder, "lab");
    const before = await readFile(file, "utf8");
    const document = parseDocument(before);
    document.setIn(["config", "vision-platform:cvat", "endpoint"], "http://cvat.invalid");
    await writeFile(file, document.toString());
    const lines: string[] = [];
    const data = await open({ as: "annotator" }, lines);
    try {
      const cvat = await data.cvat();
      expect(cvat.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(await cvat.get("users/self")).toMatchObject({ username: "annotator" });
      expect(lines).toEqual([
        expect.stringMatching(
          /^CVAT is not reached at http:\/\/cvat\.invalid from here \(.+\): by a port-forward to Service cvat\/cvat-backend-service:8080 instead\.$/,
        ),
      ]);
      await data.close();
      expect(await whyUrlUnreachable(cvat.endpoint)).toBe("ECONNREFUSED");
    } finally {
      await writeFile(file, before);
    }
  });
});

describe("a person's access token", () => {
  const token = (...args: string[]) => cli("cvat", "token", ...args, "--for", "annotator");
  const self = async (value: string) => {
    const url = await (await open()).urlOfCvat();
    return fetch(`${url}/api/users/self`, { headers: { Authorization: `Bearer ${value}` } });
  };

  it("is written for the person alone, is that person's, and is taken back", async () => {
    const file = path.join(lab.home.folder, "annotator.env");
    const made = await token("--read-only", "--expires", "30d", "--name", "night", "--output", file, "--json");
    expect(made.exitCode, made.stderr).toBe(0);
    const { id, ...rest } = JSON.parse(made.stdout) as { id: number };
    expect(rest).toMatchObject({ file, user: "annotator", name: "night", readOnly: true });
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe("600");
    const text = await readFile(file, "utf8");
    expect(text).toMatch(/# {3}cvat-cli --server-host http:\/\/\S+ --org lab task ls/);
    const { stdout: value } = await execa("sh", ["-c", `. ${file}; printf %s "$CVAT_ACCESS_TOKEN"`]);
    secrets.push(value);
    expect(await (await self(value)).json()).toMatchObject({ username: "annotator" });

    const again = await token("--output", file);
    expect(again).toMatchObject({ exitCode: 2, stderr: `${file} is there already. --force overwrites it.` });
    const listed = JSON.parse((await token("ls", "--json")).stdout) as { tokens: object[] };
    expect(listed.tokens).toEqual([expect.objectContaining({ id, name: "night" })]);
    expect((await token("revoke", "night")).stdout).toMatch(/ would be revoked\. To do it: --yes night\.$/);
    expect((await self(value)).status).toBe(200);
    expect((await token("revoke", "night", "--yes", "night")).exitCode).toBe(0);
    expect((await self(value)).status).toBe(401);
    expect((await token("ls")).stdout).toBe("annotator has no token that works.");
    await rm(file);
  });

  it("is refused where it has nowhere to go, with nothing made, and for somebody whose password is not known", async () => {
    const nowhere = await token("--output", path.join(lab.home.folder, "absent", "file"));
    expect(nowhere).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/cannot be written \(ENOENT\)/) as string,
    });
    expect((await token("ls")).stdout).toBe("annotator has no token that works.");
    const stranger = await cli("cvat", "token", "ls", "--for", "anotator");
    expect(stranger.exitCode).toBe(2);
    expect(stranger.stderr).toMatch(/The stack knows no password of `anotator`\. Did you mean `annotator`\?/);
  });
});

describe("open", () => {
  it("leads to Nuclio's dashboard until Ctrl-C, and leaves nothing", async () => {
    const running = start("open", "nuclio", "--json");
    let text = "";
    const { url } = await new Promise<{ url: string }>((resolve, reject) => {
      running.stdout.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes("\n}")) resolve(JSON.parse(text) as { url: string });
      });
      running.then((ended) => reject(new Error(ended.stderr)), reject);
    });
    const headers = { "x-nuclio-function-namespace": "cvat", "x-nuclio-project-name": "cvat" };
    const answer = await fetch(`${url}api/functions`, { headers });
    expect(Object.keys((await answer.json()) as object)).toContain("yolo11x");
    running.kill("SIGINT");
    expect(await running).toMatchObject({
      exitCode: 0,
      stderr:
        "Nuclio's dashboard has no address of its own: by a port-forward to Service cvat/cvat-nuclio-dashboard:8070 instead.\nCtrl-C ends it.",
    });
    expect(await whyUrlUnreachable(url)).toBe("ECONNREFUSED");
  });

  it("prints the address where this machine reaches it", async () => {
    const { stdout, exitCode } = await cli("open", "cvat");
    expect({ exitCode, url: stdout }).toEqual({
      exitCode: 0,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
    });
  });

  it("and all of these print no secret", () => {
    expect(secrets.length).toBeGreaterThan(5);
    expect(secrets.filter((secret) => seen.some((text) => text.includes(secret)))).toEqual([]);
  });
});
