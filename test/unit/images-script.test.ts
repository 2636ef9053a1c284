import { execFileSync } from "node:child_process";
import { describe, expect, it, test } from "vitest";
import { builderEnvironment } from "../../components/images/builders.ts";
import { asCommand, probeScript, receiveScript, type NodeImage } from "../../components/images/node-script.ts";
import type { Run } from "../../components/records/kind.ts";
import { localCommand } from "../../automation/plugins/command/local.ts";

const image = (method: NodeImage["method"]): NodeImage => ({
  reference: "registry.internal:5000/lab/agent:1",
  digest: "a".repeat(64),
  method,
  dataDir: "/var/lib/rancher/k3s",
});

describe.each(["images-folder", "ctr-import"] as const)("what a node is told for %s", (method) => {
  it.each([probeScript(image(method)), receiveScript(image(method), 10)])("is sound shell", (script) => {
    const command = asCommand(script, false);
    expect(() => execFileSync("sh", ["-n"], { input: command })).not.toThrow();
    expect(() => execFileSync("sh", ["-n"], { input: script })).not.toThrow();
  });

  it("begins with sudo where it is needed", () => {
    expect(asCommand(probeScript(image(method)), true)).toMatch(/^sudo -n sh -c '/);
  });
});

test("a builder gets no passphrase and no cloud credentials", () => {
  const env = {
    PATH: "/bin",
    DOCKER_HOST: "ssh://builder",
    https_proxy: "http://proxy",
    PULUMI_CONFIG_PASSPHRASE: "x",
    AWS_SECRET_ACCESS_KEY: "y",
  };
  expect(Object.keys(builderEnvironment(env))).toEqual(["PATH", "DOCKER_HOST", "https_proxy"]);
});

describe("the command plugin of a rehearsal", () => {
  const command = localCommand({ folder: ".", env: process.env });
  const run: Run = { engine: {}, signal: new AbortController().signal, say: () => undefined, warn: () => undefined };
  const created = (inputs: object) => command.create({ ...inputs }, run);

  it("keeps what a command prints, and gives it its stdin", async () => {
    const { outs } = await created({ create: "cat; echo said >&2", stdin: "heard\n" });
    expect(outs).toMatchObject({ stdout: "heard", stderr: "said" });
  });

  it("fails with the command and all it printed", async () => {
    await expect(created({ create: 'echo out; echo "err" >&2; exit 3' })).rejects.toThrow(
      /^exit status 3: running "echo out; echo \\"err\\" >&2; exit 3":\n(out\nerr|err\nout)\n$/,
    );
  });

  it("runs create again where there is no update, with what was printed before", async () => {
    const { id, outs } = await created({ create: 'echo "[$PULUMI_COMMAND_STDOUT] $A"', environment: { A: "1" } });
    expect(outs).toMatchObject({ stdout: "[] 1" });
    const news = { create: outs["create"], environment: { A: "2" } };
    expect(await command.update(id, outs, news, run)).toMatchObject({ stdout: "[[] 1] 2" });
    expect(await command.update(id, outs, { ...news, update: "echo update" }, run)).toMatchObject({ stdout: "update" });
  });

  it("refuses what it does not do", () => {
    expect(command.check?.({ create: "x", connection: {} }, {}, run)).toEqual([
      expect.stringMatching(/has no `connection`/),
    ]);
  });
});
