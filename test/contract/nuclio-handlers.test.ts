import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { expect, it, vi } from "vitest";
import { findPython } from "../../automation/python/python.ts";
import { start } from "../../automation/rehearsal/services/nuclio/handlers.ts";
import { kill, startOf } from "../../automation/processes.ts";

const HANDLERS = path.resolve(import.meta.dirname, "../../automation/rehearsal/services/nuclio/handlers.ts");

/** Starts a function's code as the stand-in for Nuclio does, writes down its process, and waits. */
const PARENT = `
import { writeFileSync } from "node:fs";
const [handlers, python, folder] = process.argv.slice(1);
const { start } = await import(handlers);
const source = { image: "f", folder, requirements: "", env: {} };
const { process: child, url } = await start(python, source, { spec: { handler: "main:handler" } }, folder + "/log");
await url;
writeFileSync(folder + "/pid", String(child.pid));
setInterval(() => undefined, 1000);`;

const MAIN = `
def handler(context, event):
    return type(event.body).__name__
`;

it("a function's code gets a body as Nuclio's wrapper hands it on: read only where the type is JSON and nothing more", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-handlers-"));
  await writeFile(path.join(folder, "main.py"), MAIN);
  const { executable } = await findPython();
  const source = { image: "f", folder, requirements: "", env: {} };
  const { process: child, url } = await start(executable, source, { spec: {} }, path.join(folder, "log"));
  try {
    const bodyFor = async (type: string, body: string) =>
      (await fetch(await url, { method: "POST", headers: { "content-type": type }, body })).text();
    expect(await bodyFor("application/json", "{}")).toBe("dict");
    expect(await bodyFor("application/json; charset=utf-8", "{}")).toBe("bytes");
    expect(await bodyFor("application/json", "{")).toBe("bytes");
  } finally {
    child.kill();
    await rm(folder, { recursive: true, force: true });
  }
});

it("a function's code in a rehearsal ends with the stand-in that started it, killed as a rehearsal's end does", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-handlers-"));
  let pid: number | undefined;
  try {
    await writeFile(path.join(folder, "main.py"), "def handler(context, event):\n    return {}\n");
    const { executable } = await findPython();
    const node = ["--import", import.meta.resolve("tsx"), "--input-type=module", "--eval", PARENT];
    const parent = execa(process.execPath, [...node, HANDLERS, executable, folder], { reject: false });
    const started = async () => {
      pid = Number(await readFile(path.join(folder, "pid"), "utf8"));
    };
    await vi.waitFor(started, { timeout: 60_000, interval: 50 });
    expect(startOf(pid ?? 0)).toBeDefined();
    parent.kill("SIGKILL");
    await parent;
    await vi.waitUntil(() => startOf(pid ?? 0) === undefined, { timeout: 5_000, interval: 50 });
  } finally {
    if (pid !== undefined) kill(pid);
    await rm(folder, { recursive: true, force: true });
  }
});
