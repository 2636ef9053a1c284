import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { cacheFolder } from "../../automation/cache.ts";
import { duration, streamProgress } from "../../automation/progress.ts";
import { toolsFolder } from "../../automation/tools/cached.ts";
import { buildEnvironment, compilersAtOnce, findGo } from "../../automation/tools/go.ts";
import { whileAlone, workFolder } from "../../automation/tools/lock.ts";

/** 1.27 cannot be built from the module proxy: it needs modules of another host. (pull-requests.md, 1) */
const VERSION = "1.26.0";
const MODULE = "code.gitea.io/gitea";
/** Of the module's files; Go's sum database says the same of them, and go.sum of what they need. */
const SUM = "h1:fJP9dqLbzKrKWUVnCVTfVersZdVDuyJQLEDzCAOmKKA=";

/** Gitea as a program, and the folder with its locales and templates, which it reads when it runs. */
export interface GiteaProgram {
  program: string;
  files: string;
}

/** Gitea, built by Go from its module: once for each version, into the user's cache of programs. It takes 3 to 16 minutes. */
export async function giteaProgram(): Promise<GiteaProgram> {
  const go = await findGo();
  if ("problem" in go) throw new Error(`Gitea is built with Go, and ${go.problem}.`);
  const cached = toolsFolder(cacheFolder());
  await mkdir(cached, { recursive: true });
  const files = await downloaded(go.file, cached);
  const program = path.join(cached, `gitea-${VERSION}-${process.platform}-${process.arch}`, "gitea");
  if (existsSync(program)) return { program, files };
  await streamProgress().task(`Building Gitea ${VERSION} with Go, once (3 to 16 minutes)`, (task) =>
    whileAlone(
      cached,
      (holder) => task.update(`waiting for ${holder}`),
      async (lock) => {
        if (existsSync(program)) return;
        await lock.announce("builds gitea");
        const start = Date.now();
        const ticking = setInterval(() => task.update(`compiling since ${duration(Date.now() - start)}`), 1000);
        try {
          await build(go.file, files, workFolder(cached), program);
        } finally {
          clearInterval(ticking);
        }
      },
    ),
  );
  return { program, files };
}

/** The module's files, in Go's own cache. */
async function downloaded(go: string, folder: string): Promise<string> {
  const { stdout } = await execa(go, ["mod", "download", "-json", `${MODULE}@v${VERSION}`], {
    // In no module of ours, and with the user's proxy of modules and sum database.
    cwd: folder,
    env: { GOFLAGS: "", GOWORK: "off", GOTOOLCHAIN: "local" },
    reject: false,
  });
  const { Dir, Sum, Error: problem } = JSON.parse(stdout) as { Dir?: string; Sum?: string; Error?: string };
  if (Dir === undefined || Sum !== SUM)
    throw new Error(problem ?? `${MODULE}@v${VERSION} has the sum ${String(Sum)} and not ${SUM}`);
  return Dir;
}

async function build(go: string, module: string, work: string, program: string): Promise<void> {
  await mkdir(work, { recursive: true });
  const output = path.join(work, "gitea");
  try {
    await execa(
      go,
      [
        "build",
        // What the linker leaves out anyway is not written.
        ...["-ldflags", `-s -w -X main.Version=${VERSION}`, "-gcflags", "all=-dwarf=false"],
        ...["-tags", "sqlite sqlite_unlock_notify", "-p", String(compilersAtOnce()), "-o", output, "."],
      ],
      {
        // The module's folder is read-only, which `go build` does not mind.
        cwd: module,
        // SQLite is in C.
        env: { ...buildEnvironment(), CGO_ENABLED: "1", GOTMPDIR: work },
        extendEnv: false,
        stdin: "ignore",
        all: true,
      },
    );
    await mkdir(path.dirname(program), { recursive: true });
    await rename(output, program);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
