import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import Ajv from "ajv";
import { execa } from "execa";
import * as tar from "tar";
import { expect, it } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../..");
/** The release whose schema this configuration is held against. */
const RENOVATE = "44.121.2";

it("renovate.json is a configuration of Renovate, by its own schema", { timeout: 300_000 }, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-renovate-"));
  try {
    // Renovate itself has 785 packages and another Node; its schema lies in the archive.
    await execa("npm", ["pack", `renovate@${RENOVATE}`, "--pack-destination", folder, "--silent"], { cwd: folder });
    await tar.extract({ file: path.join(folder, `renovate-${RENOVATE}.tgz`), cwd: folder }, [
      "package/renovate-schema.json",
    ]);
    const schema = JSON.parse(await readFile(path.join(folder, "package/renovate-schema.json"), "utf8")) as object;
    const config = JSON.parse(await readFile(path.join(ROOT, "renovate.json"), "utf8")) as Record<string, unknown>;
    const ajv = new Ajv({ allErrors: true, schemaId: "auto", unknownFormats: "ignore", logger: false });
    const isValid = ajv.compile(schema);
    expect(isValid(config), ajv.errorsText(isValid.errors)).toBe(true);
    // It would see a value of another kind, and a manager that looks nowhere.
    expect(isValid({ ...config, minimumReleaseAge: 7 })).toBe(false);
    expect(isValid({ ...config, customManagers: [{ customType: "regex", matchStrings: "no list" }] })).toBe(false);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
