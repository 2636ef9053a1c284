import { createHash } from "node:crypto";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { create } from "tar";

/**
 * Stands for docker where there is none: an image of one layer, which is the folder it was to be built from; no line of the Dockerfile is run.
 * Its first argument is the folder where it keeps images and writes down what it was asked.
 */
const [store = "", verb = "", ...rest] = process.argv.slice(2);
mkdirSync(store, { recursive: true });
appendFileSync(path.join(store, "asked"), `${verb} ${rest.join(" ")}\n`);

const VERBS: Readonly<Record<string, () => void>> = { version, build, save };

function version(): void {
  process.stdout.write("rehearsal\n");
}

function build(): void {
  const { values, positionals } = parseArgs({
    args: rest,
    allowPositionals: true,
    options: { platform: { type: "string" }, tag: { type: "string" }, "build-arg": { type: "string", multiple: true } },
  });
  const [context] = positionals;
  if (context === undefined) throw new Error('"docker build" requires exactly 1 argument.');
  const tag = values.tag ?? "";
  if (!/^[a-z0-9.-]+(:[0-9]+)?(\/[a-z0-9._-]+)+:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(tag)) {
    throw new Error(`invalid argument "${tag}" for "-t, --tag" flag: invalid reference format`);
  }
  if (!existsSync(context)) throw new Error(`unable to prepare context: path "${context}" not found`);
  const dockerfile = path.join(context, "Dockerfile");
  if (!existsSync(dockerfile)) throw new Error("failed to read dockerfile: open Dockerfile: no such file or directory");
  const text = readFileSync(dockerfile, "utf8");
  if (!/^\s*FROM\s/im.test(text)) throw new Error("dockerfile parse error: file with no instructions");
  const work = mkdtempSync(path.join(tmpdir(), "rehearsal-image-"));
  try {
    cpSync(context, path.join(work, "root"), { recursive: true });
    create({ file: path.join(work, "layer.tar"), cwd: path.join(work, "root"), sync: true, portable: true }, ["."]);
    const layer = sha256(readFileSync(path.join(work, "layer.tar")));
    const config = JSON.stringify({
      architecture: (values.platform ?? "linux/amd64").split("/")[1],
      os: "linux",
      config: { Labels: { "build-args": (values["build-arg"] ?? []).join(",") } },
      rootfs: { type: "layers", diff_ids: [`sha256:${layer}`] },
    });
    const name = `${sha256(Buffer.from(config))}.json`;
    const manifest = [{ Config: name, RepoTags: [tag], Layers: ["layer.tar"] }];
    writeFileSync(path.join(work, name), config);
    writeFileSync(path.join(work, "manifest.json"), JSON.stringify(manifest));
    const image = path.join(store, imageFile(tag));
    create({ file: `${image}.part`, cwd: work, sync: true, portable: true }, ["manifest.json", name, "layer.tar"]);
    renameSync(`${image}.part`, image);
  } finally {
    rmSync(work, { recursive: true });
  }
}

function save(): void {
  const { values, positionals } = parseArgs({
    args: rest,
    allowPositionals: true,
    options: { output: { type: "string" } },
  });
  const image = path.join(store, imageFile(positionals[0] ?? ""));
  if (!existsSync(image)) throw new Error(`Error response from daemon: reference does not exist`);
  cpSync(image, values.output ?? "");
}

const imageFile = (tag: string) => `${sha256(Buffer.from(tag))}.tar`;
const sha256 = (data: Buffer) => createHash("sha256").update(data).digest("hex");

try {
  const run = VERBS[verb];
  if (!run) throw new Error(`docker: '${verb}' is not a docker command.`);
  run();
} catch (error) {
  process.stderr.write(`ERROR: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
