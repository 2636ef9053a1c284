import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { cacheFolder } from "../../../automation/cache.ts";
import { buildEnvironment, findGo } from "../../../automation/tools/go.ts";

export const TRAEFIK = "3.7.13";

const MODULE = `github.com/traefik/traefik/v3@v${TRAEFIK}`;

/** The folder of Traefik's module, which has the definitions of its kinds too. */
export const traefikModule = (): Promise<string> => goModule(MODULE);

/** The folder of a Go module, fetched where it is not there. */
export async function goModule(module: string): Promise<string> {
  const { stdout } = await go(["mod", "download", "-json", module], { GOFLAGS: "-mod=mod" }, tmpdir());
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

/**
 * Traefik, built once from its module into the user's cache: 8 minutes of processor time. Three places do not build as the module has them
 * (sign-in-parts.md 1): names of DNS providers, one of whose modules is not served; the pin of an HTTP authentication that is not served,
 * of which the one before does; and a module that its zip leaves out, two empty types.
 */
export async function traefikProgram(): Promise<string> {
  const kept = path.join(cacheFolder(), "traefik", TRAEFIK);
  const program = path.join(kept, "traefik");
  if (existsSync(program)) return program;
  const from = await traefikModule();
  await mkdir(kept, { recursive: true });
  const work = await mkdtemp(path.join(kept, "work-"));
  try {
    for (const name of ["cmd", "pkg", "internal", "webui", "go.mod", "go.sum"])
      await cp(path.join(from, name), path.join(work, name), { recursive: true });
    await execa("chmod", ["-R", "u+w", work]);
    await replaceIn(path.join(work, "pkg/provider/acme/provider.go"), [
      [/^.*lego\/v5\/providers\/dns"\n/m, ""],
      ["dns.NewDNSChallengeProviderByName(p.DNSChallenge.Provider)", 'nil, errors.New("no DNS providers")'],
    ]);
    const types = ["HTTP", "Router"].map(
      (type) => `type ${type} struct{}\n\nfunc (in *${type}) DeepCopyInto(out *${type}) { *out = *in }\n`,
    );
    const ext = path.join(work, "pkg/config/dynamic/ext");
    await mkdir(ext, { recursive: true });
    await writeFile(path.join(ext, "go.mod"), "module github.com/traefik/traefik/dynamic/ext\n\ngo 1.24\n");
    await writeFile(path.join(ext, "ext.go"), `package ext\n\n${types.join("\n")}`);
    const before = "github.com/containous/go-http-auth@v0.4.1-0.20200324110947-a37a7636d23e";
    await go(["mod", "edit", "-replace", `github.com/abbot/go-http-auth=${before}`], {}, work);
    const built = path.join(work, "traefik");
    await go(
      ["build", "-ldflags", "-s -w", "-gcflags", "all=-dwarf=false", "-o", built, "./cmd/traefik"],
      { GOFLAGS: "-mod=mod -trimpath -buildvcs=false" },
      work,
    );
    await rename(built, program);
    return program;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function replaceIn(file: string, replacements: readonly (readonly [RegExp | string, string])[]): Promise<void> {
  let text = await readFile(file, "utf8");
  for (const [what, by] of replacements) {
    const other = text.replace(what, by);
    if (other === text) throw new Error(`${file} has no ${String(what)}`);
    text = other;
  }
  await writeFile(file, text);
}

async function go(args: readonly string[], env: Record<string, string>, cwd?: string) {
  const found = await findGo();
  if ("problem" in found) throw new Error(found.problem);
  return execa(found.file, args, {
    env: { ...buildEnvironment(), ...env },
    extendEnv: false,
    ...(cwd !== undefined && { cwd }),
  });
}
