import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { cacheFolder } from "../../../automation/cache.ts";

export const KEYCLOAK = "26.7.3";
/** Of the zip that was measured. (sign-in-parts.md 1) */
const SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f";
const ZIP = `keycloak-quarkus-dist-${KEYCLOAK}.zip`;
const PUBLISHED = `https://repo1.maven.org/maven2/org/keycloak/keycloak-quarkus-dist/${KEYCLOAK}/${ZIP}`;
const OLDEST_JAVA = 17;

/** Why Keycloak cannot run on this machine; undefined where it can. */
export async function whyNoKeycloak(): Promise<string | undefined> {
  const { exitCode, stderr } = await execa("java", ["-version"], { reject: false });
  if (exitCode !== 0) return "there is no java on PATH";
  const version = Number(/version "(\d+)/.exec(stderr)?.[1]);
  return version >= OLDEST_JAVA
    ? undefined
    : `its Java is ${version}, and Keycloak ${KEYCLOAK} takes ${OLDEST_JAVA} or later`;
}

/** The folder of a Keycloak that is built for a database in a file, from the cache; obtained first where it is not there. */
export async function builtKeycloak(): Promise<string> {
  const kept = path.join(cacheFolder(), "keycloak", KEYCLOAK);
  if (existsSync(kept)) return kept;
  await mkdir(path.dirname(kept), { recursive: true });
  const work = await mkdtemp(`${kept}.`);
  try {
    const zip = path.join(work, ZIP);
    await fetchZip(zip);
    await execa("unzip", ["-q", zip, "-d", work]);
    const unpacked = path.join(work, `keycloak-${KEYCLOAK}`);
    await execa(path.join(unpacked, "bin", "kc.sh"), ["build", "--db=dev-file", "--cache=local"]);
    // Another run may have brought it meanwhile.
    await rename(unpacked, kept).catch((error: unknown) => {
      if (!existsSync(kept)) throw error;
    });
    return kept;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fetchZip(file: string): Promise<void> {
  const { exitCode } = await execa("mvn", ["--version"], { reject: false });
  if (exitCode === 0) {
    const artifact = `org.keycloak:keycloak-quarkus-dist:${KEYCLOAK}:zip`;
    await execa("mvn", [
      "-q",
      "-B",
      "dependency:copy",
      `-Dartifact=${artifact}`,
      `-DoutputDirectory=${path.dirname(file)}`,
    ]);
  } else {
    const answer = await fetch(PUBLISHED);
    if (!answer.ok) throw new Error(`${PUBLISHED} answers ${answer.status}`);
    await writeFile(file, Buffer.from(await answer.arrayBuffer()));
  }
  const sha256 = createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
  if (sha256 !== SHA256) throw new Error(`${ZIP} is another one than was measured: its sha256 is ${sha256}`);
}

/** A folder of its own, which a running Keycloak writes into. */
export async function ownKeycloak(folder: string): Promise<string> {
  const own = path.join(folder, "keycloak");
  await cp(await builtKeycloak(), own, { recursive: true });
  return own;
}
