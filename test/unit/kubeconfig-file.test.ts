import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { wholeKubeConfig } from "../../automation/rehearsal/cluster/kubeconfig-file.ts";

const WHOLE = {
  apiVersion: "v1",
  kind: "Config",
  "current-context": "kwok-rehearsal",
  contexts: [{ name: "kwok-rehearsal", context: { cluster: "kwok-rehearsal", user: "kwok-rehearsal" } }],
  clusters: [{ name: "kwok-rehearsal", cluster: { server: "https://127.0.0.1:6443" } }],
  users: [{ name: "kwok-rehearsal", user: {} }],
};

async function place(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-kubeconfig-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return path.join(folder, "kubeconfig");
}

it.each([
  ["that is not there", undefined],
  ["that is empty", ""],
  ["that names a context without its cluster", stringify({ ...WHOLE, clusters: [], users: [] })],
  ["that is half written", stringify(WHOLE).slice(0, 60)],
])("a kubeconfig %s is waited for until it is whole", async (_, text) => {
  const file = await place();
  if (text !== undefined) await writeFile(file, text);
  const reading = wholeKubeConfig(file);
  expect(await Promise.race([reading, pause(100, "waits")])).toBe("waits");
  await writeFile(file, stringify(WHOLE));
  expect((await reading)?.getCurrentCluster()?.server).toBe("https://127.0.0.1:6443");
});

it("a kubeconfig whose folder is gone is waited for no longer", async () => {
  const file = await place();
  const reading = wholeKubeConfig(file);
  await rm(path.dirname(file), { recursive: true });
  expect(await reading).toBeUndefined();
});
