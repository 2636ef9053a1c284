import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readArchive } from "./archive.ts";

/** Images by name, as containerd on this node has them. */
type Images = Record<string, { digest: string; labels: Record<string, string> }>;

const file = path.join(process.env["NODE_FOLDER"] ?? "", "images.json");
const images: Images = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Images) : {};
const [word1, word2, verb = "", ...rest] = process.argv.slice(2);

const VERBS: Readonly<Record<string, () => Promise<void> | void>> = {
  async import() {
    const [from = ""] = rest;
    const found = await readArchive(from === "-" ? process.stdin : createReadStream(from));
    for (const { reference, config } of found) {
      const digest = `sha256:${createHash("sha256").update(config).digest("hex")}`;
      images[reference] = { digest, labels: {} };
      process.stdout.write(`unpacking ${reference} (${digest})...done\n`);
    }
    keep();
  },
  ls() {
    const [filter] = rest;
    const wanted = filter?.replace(/^name==/, "");
    process.stdout.write("REF TYPE DIGEST SIZE PLATFORMS LABELS\n");
    for (const [reference, { digest, labels }] of Object.entries(images)) {
      if (wanted !== undefined && wanted !== reference) continue;
      const text = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
      process.stdout.write(
        `${reference} application/vnd.docker.distribution.manifest.v2+json ${digest} 1.0 KiB linux/amd64 ${text.join(",") || "-"}\n`,
      );
    }
  },
  label() {
    const [reference = "", ...labels] = rest;
    const image = images[reference];
    if (!image) throw new Error(`ctr: image "${reference}": not found`);
    for (const label of labels) {
      const [key = "", value = ""] = label.split("=");
      image.labels[key] = value;
    }
    keep();
  },
  rm() {
    for (const reference of rest) Reflect.deleteProperty(images, reference);
    keep();
  },
};

function keep(): void {
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(images));
  renameSync(`${file}.${process.pid}`, file);
}

const run = word1 === "ctr" && word2 === "images" ? VERBS[verb] : undefined;
try {
  if (!run) throw new Error(`k3s: this stand-in has no ${process.argv.slice(2).join(" ")}`);
  await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
