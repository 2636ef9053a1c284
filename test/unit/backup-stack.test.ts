import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as age from "age-encryption";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pack, sha256Of, unpack, type Bundle } from "../../automation/backup/stack/bundle.ts";
import { wholeKubeconfig } from "../../automation/backup/stack/kubeconfig.ts";
import { leftOutOf, namedIn } from "../../automation/backup/stack/named-files.ts";
import { placesIn, putBack } from "../../automation/backup/stack/put-back.ts";
import { lockOf, opened, sealed } from "../../automation/backup/stack/sealed.ts";
import { madeText } from "../../automation/backup/stack/text.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-backup-stack-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A backup with these files; those that the stack file names say where. */
function bundleOf(files: Record<string, string>, named: Record<string, string> = {}): Bundle {
  const contents = new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)]));
  const places = Object.entries(named).map(
    ([name, at]) => [name, { named: at, key: "a.key", base: "folder" }] as const,
  );
  return {
    contents,
    about: {
      ...{
        kind: "stack",
        version: 1,
        stack: "lab",
        made: "2026-12-01T10:15:02.000Z",
        cluster: "https://192.0.2.10:6443",
      },
      program: { version: "1.0.0", node: "v20.20.2", engine: "3.246.0" },
      state: { resources: 3, pending: 0, backend: "file:///state", secrets: "passphrase" },
      files: [...contents].map(([name, content]) => ({
        ...{ name, sha256: sha256Of(content) },
        ...(Object.fromEntries(places)[name] as { named: string } | undefined),
      })),
      without: [],
    },
  };
}

describe("the file", () => {
  const whole = bundleOf({ "state.json": "{}", "Pulumi.lab.yaml": "config: {}\n", kubeconfig: "a".repeat(700) });

  it("is an archive that any tar unpacks, each file for its owner alone", async () => {
    const file = path.join(folder, "lab.tar.gz");
    await writeFile(file, pack(whole));
    const into = path.join(folder, "unpacked");
    await mkdir(into);
    await execa("tar", ["-xzf", file, "-C", into]);
    expect(await readFile(path.join(into, "kubeconfig"), "utf8")).toBe("a".repeat(700));
    expect((await stat(path.join(into, "Pulumi.lab.yaml"))).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(path.join(into, "about.json"), "utf8"))).toEqual(whole.about);
  });

  it("comes out as it went in, by a key of age", async () => {
    const identity = await age.generateX25519Identity();
    const keys = path.join(folder, "keys.txt");
    await writeFile(keys, `# a comment\n${identity}\n`);
    const bytes = await sealed(pack(whole), lockOf({ recipient: await age.identityToRecipient(identity) }));
    const read = await unpack("lab.age", await opened("lab.age", bytes, { identity: keys }));
    expect(read).toEqual(whole);
    await expect(opened("lab.age", bytes, { passphrase: "a passphrase that is none" })).rejects.toThrow(
      /does not open with this passphrase: it is encrypted to a key, .*--identity\.$/,
    );
    await expect(opened("lab.age", bytes.subarray(0, -9), { identity: keys })).rejects.toThrow(/damaged or cut short/);
    await writeFile(keys, await age.generateX25519Identity());
    await expect(opened("lab.age", bytes, { identity: keys })).rejects.toThrow(
      /does not open with a key of .*keys\.txt/,
    );
    await writeFile(keys, "AGE-SECRET-KEY-1CUT\n");
    await expect(opened("lab.age", bytes, { identity: keys })).rejects.toThrow(/has a private key that is cut/);
  });

  it("is refused where a file in it is another than was said, or where it is none", async () => {
    const [name = ""] = [...whole.contents.keys()];
    const other = { ...whole, contents: new Map([...whole.contents, [name, Buffer.from("{ }")]]) };
    await expect(unpack("lab.age", pack(other))).rejects.toThrow("lab.age is damaged: state.json.");
    await expect(unpack("lab.age", Buffer.from("text"))).rejects.toThrow(/holds no archive/);
    await expect(opened("lab.age", Buffer.from("text"), { passphrase: "x" })).rejects.toThrow(/is no file of age/);
    expect(() => lockOf({ passphrase: "short" })).toThrow(/12 characters/);
    expect(() => lockOf({ recipient: "age1q" })).toThrow(/public key of age/);
  });

  it("says that the passphrase is not in it, and where to keep it; or that nothing more is needed", () => {
    const lock = { passphrase: "whatever" };
    expect(madeText("lab.age", 2048, whole.about, lock)).toMatch(
      /Not in it: the stack's passphrase \(PULUMI_CONFIG_PASSPHRASE\)\. [^]*Keep it elsewhere than this file/,
    );
    const { about } = bundleOf({ passphrase: "secret" });
    const text = madeText("lab.age", 2048, about, lock);
    expect(text).toMatch(/and then everything else does\. Keep that where/);
    expect(text).not.toMatch(/Not in it: the stack's passphrase/);
  });
});

describe("what is put back", () => {
  const into = () => path.join(folder, "back");
  const bundle = bundleOf(
    {
      ...{ "state.json": "{}", "Pulumi.yaml": "name: x", "Pulumi.lab.yaml": "config: {}", kubeconfig: "k" },
      ...{ "files/0.crt": "ca", "files/1.json": "[]" },
    },
    { "files/0.crt": "certs/store-ca.crt", "files/1.json": "/home/ada/labels.json" },
  );

  it("lies where the stack file says; what it names elsewhere lies beside it, and is told", () => {
    const placed = placesIn(bundle, "/lab");
    expect(placed.map(({ place }) => place)).toEqual([
      "/lab/Pulumi.lab.yaml",
      "/lab/lab.kubeconfig",
      "/lab/certs/store-ca.crt",
      "/lab/lab-files/1.json",
    ]);
    expect(placed.flatMap(({ note }) => note ?? [])).toEqual([
      "a.key names /home/ada/labels.json: name /lab/lab-files/1.json there, or lay it where it was",
    ]);
  });

  it("is for its owner alone, is left as it is where it was there, and goes again by undo", async () => {
    await mkdir(into(), { recursive: true });
    const mine = path.join(into(), "Pulumi.lab.yaml");
    await writeFile(mine, "config: {}");
    const { written, undo } = await putBack(placesIn(bundle, into()));
    expect(written).not.toContain(mine);
    expect((await stat(path.join(into(), "lab.kubeconfig"))).mode & 0o777).toBe(0o600);
    await undo();
    await expect(stat(path.join(into(), "lab.kubeconfig"))).rejects.toThrow("ENOENT");
    expect(await readFile(mine, "utf8")).toBe("config: {}");
  });

  it("overwrites nothing, and says all that is in the way before anything is written", async () => {
    const place = path.join(folder, "full");
    await mkdir(place);
    await writeFile(path.join(place, "Pulumi.lab.yaml"), "mine");
    await writeFile(path.join(place, "lab.kubeconfig"), "mine");
    await expect(putBack(placesIn(bundle, place))).rejects.toThrow(
      /Nothing was put back\.[^]*full\/Pulumi\.lab\.yaml\n[^]*full\/lab\.kubeconfig\n/,
    );
    await expect(stat(path.join(place, "certs"))).rejects.toThrow("ENOENT");
  });
});

it("knows the files that a stack file names, and what it leaves out", () => {
  const sections = {
    functions: { yolo: { labelsFile: "labels.json" }, sam: { labels: ["a"] } },
    objectStore: { ca: "store-ca.crt" },
    charts: { paths: { cvat: "../cvat" } },
  };
  expect(namedIn({ sections }).map(({ key, named, base }) => [key, named, base])).toEqual([
    ["vision-platform:functions.yolo.labelsFile", "labels.json", "program"],
    ["vision-platform:objectStore.ca", "store-ca.crt", "folder"],
  ]);
  expect(leftOutOf({ sections })).toEqual(["vision-platform:charts.paths.cvat: the chart ../cvat"]);
});

it("a kubeconfig stands by itself: its context alone, and what lies in files of its own", async () => {
  await writeFile(path.join(folder, "ca.crt"), "the authority");
  await writeFile(path.join(folder, "key.pem"), "the key");
  const kubeconfig = path.join(folder, "kubeconfig");
  const cluster = (name: string) => ({
    name,
    cluster: { server: `https://${name}.example.com:6443`, "certificate-authority": "ca.crt" },
  });
  const config = {
    ...{ apiVersion: "v1", kind: "Config", "current-context": "other" },
    clusters: [cluster("lab"), cluster("other")],
    users: [
      { name: "ada", user: { "client-key": "key.pem" } },
      { name: "bob", user: { token: "not-of-the-lab" } },
    ],
    contexts: [
      { name: "lab", context: { cluster: "lab", user: "ada" } },
      { name: "other", context: { cluster: "other", user: "bob" } },
    ],
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const { text, server } = await wholeKubeconfig({ kubeconfig, context: "lab" });
  expect(server).toBe("https://lab.example.com:6443");
  expect(text).toContain(Buffer.from("the authority").toString("base64"));
  expect(text).toContain(Buffer.from("the key").toString("base64"));
  expect(text).not.toMatch(/not-of-the-lab|other|ca\.crt|key\.pem/);
  await rm(path.join(folder, "key.pem"));
  await expect(wholeKubeconfig({ kubeconfig, context: "lab" })).rejects.toThrow(
    /names .*key\.pem, which cannot be read/,
  );
});
