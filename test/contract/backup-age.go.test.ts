import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as age from "age-encryption";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { buildEnvironment, findGo } from "../../automation/tools/go.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const MINUTES = 60_000;
/** What runs CVAT 2.39, and what runs 2.64: they have other releases of `cryptography`. */
const REQUIREMENTS = ["test/python/backup/requirements.txt", "test/python/sso/requirements.txt"];
const CHUNK = 65_536;
const SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 200_000];

const WRITE = `
import sys
import age
pieces = iter(lambda: sys.stdin.buffer.read(10_007), b"")
for piece in age.encrypt(pieces, sys.argv[1]):
    sys.stdout.buffer.write(piece)
`;
const READ = `
import sys
import age
pieces = iter(lambda: sys.stdin.buffer.read(10_007), b"")
for piece in age.decrypt(pieces, bytes.fromhex(sys.argv[1])):
    sys.stdout.buffer.write(piece)
`;

let folder: string;
let tool: string;
let pythons: string[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "vision-platform-age-"));
  const go = await findGo();
  if ("problem" in go) throw new Error(go.problem);
  tool = path.join(folder, "age");
  // What go.mod and go.sum of the folder pin.
  const build = execa(go.file, ["build", "-o", tool, "filippo.io/age/cmd/age"], {
    cwd: path.join(ROOT, "test/go/age"),
    env: buildEnvironment(),
    extendEnv: false,
  });
  pythons = await Promise.all(
    REQUIREMENTS.map((file) => pythonEnvironment(path.join(ROOT, file), { progress: silentProgress })),
  );
  await build;
}, 20 * MINUTES);
afterAll(() => rm(folder, { recursive: true, force: true }));

const BYTES = { encoding: "buffer", stripFinalNewline: false } as const;
const script = (python: string, code: string, argument: string, input: Uint8Array) =>
  execa(python, ["-c", code, argument], {
    ...BYTES,
    input,
    env: { PYTHONPATH: path.join(ROOT, "components/backup/script"), PYTHONDONTWRITEBYTECODE: "1" },
  });

it("what the scripts encrypt, age itself opens, and npm's age too", async () => {
  const identity = await age.generateIdentity();
  const recipient = await age.identityToRecipient(identity);
  const key = path.join(folder, "key");
  await writeFile(key, `${identity}\n`);
  const decrypter = new age.Decrypter();
  decrypter.addIdentity(identity);
  for (const python of pythons)
    for (const size of SIZES) {
      const data = Buffer.alloc(size, "a picture ");
      const { stdout: file } = await script(python, WRITE, recipient, data);
      const opened = await execa(tool, ["--decrypt", "-i", key], { ...BYTES, input: file });
      expect(Buffer.compare(Buffer.from(opened.stdout), data), `${size}`).toBe(0);
      expect(Buffer.compare(Buffer.from(await decrypter.decrypt(file)), data), `${size}`).toBe(0);
    }
}, 120_000);

it("what age encrypts, to others too, the scripts read with the key of that file alone", async () => {
  const identity = await age.generateIdentity();
  const recipient = await age.identityToRecipient(identity);
  const other = await age.identityToRecipient(await age.generateIdentity());
  const decrypter = new age.Decrypter();
  decrypter.addIdentity(identity);
  for (const size of SIZES) {
    const data = Buffer.alloc(size, "a dump ");
    const { stdout: file } = await execa(tool, ["--encrypt", "-r", other, "-r", recipient], { ...BYTES, input: data });
    const end = Buffer.from(file).indexOf("\n", Buffer.from(file).indexOf("\n---") + 1) + 1;
    const fileKey = Buffer.from(await decrypter.decryptHeader(file.subarray(0, end))).toString("hex");
    const opened = await script(pythons[0] ?? "", READ, fileKey, file);
    expect(Buffer.compare(Buffer.from(opened.stdout), data), `${size}`).toBe(0);
  }
}, 120_000);
