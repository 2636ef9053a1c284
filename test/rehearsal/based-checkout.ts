import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { cacheFolder } from "../../automation/cache.ts";
import type { PlanReport } from "../../automation/report/plan-report.ts";
import { pathWithPackages } from "../workflows/packages.ts";

const PROJECT = path.resolve(import.meta.dirname, "../..");
const NOT_COPIED = ["node_modules", ".git", "__pycache__", ".venv"];
const AUTHOR = { NAME: "a", EMAIL: "a@example.com" };

type Sections = Record<string, unknown>;

/** ClearML's server alone. */
export const SMALL: Sections = {
  "vision-platform:cvat": { enabled: false },
  "vision-platform:clearml": {
    addresses: { web: "192.0.2.40", api: "192.0.2.41", files: "192.0.2.42" },
    agent: { enabled: false },
  },
};

/** A git repository of this checkout as it lies there, with a cache of its own. */
export interface BasedCheckout {
  folder: string;
  cache: string;
  /** Writes the file of stack `lab`. */
  stackFile(clearml?: Sections): Promise<void>;
  write(file: string, text: string): Promise<void>;
  read(file: string): Promise<string>;
  git(...words: string[]): Promise<string>;
  /** @returns the commit */
  commit(): Promise<string>;
  /** `preview --rehearse --stack lab`, as a process. */
  start(...args: string[]): ReturnType<typeof started>;
  preview(...args: string[]): Promise<Ended>;
  /** What a run has left behind. */
  left(): Promise<string[]>;
  end(): Promise<void>;
}

export interface Ended {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
  /** The report as JSON, where one was written. */
  report: PlanReport | undefined;
}

function started(folder: string, cache: string, more: Readonly<Record<string, string>>, args: readonly string[]) {
  return execa(process.execPath, ["automation/bin.mjs", "preview", "--rehearse", "--stack", "lab", ...args], {
    cwd: folder,
    // A CI's own pull request is none of this repository's, and no secret of a person's is asked for.
    env: {
      VISION_PLATFORM_CACHE: cache,
      GITHUB_BASE_REF: undefined,
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: undefined,
      PULUMI_CONFIG_PASSPHRASE: undefined,
      KUBECONFIG: undefined,
      ...more,
    },
    reject: false,
    stdin: "ignore",
  });
}

/**
 * Nothing is committed yet.
 * @param packages whether a base takes the packages of this checkout. Default: it installs its own, which takes a minute
 */
export async function basedCheckout({ packages = false } = {}): Promise<BasedCheckout> {
  const place = await mkdtemp(path.join(tmpdir(), "vision-platform-based-"));
  const [folder, cache] = [path.join(place, "checkout"), path.join(place, "cache")];
  await cp(PROJECT, folder, { recursive: true, filter: (file) => !NOT_COPIED.includes(path.basename(file)) });
  await symlink(path.join(PROJECT, "node_modules"), path.join(folder, "node_modules"));
  await mkdir(cache);
  await symlink(path.join(cacheFolder(), "tools"), path.join(cache, "tools"));
  const env = Object.fromEntries(
    ["AUTHOR", "COMMITTER"].flatMap((who) =>
      Object.entries(AUTHOR).map(([key, value]) => [`GIT_${who}_${key}`, value]),
    ),
  );
  const git = async (...words: string[]) =>
    (await execa("git", words, { cwd: folder, env: { ...env, GIT_CONFIG_GLOBAL: "/dev/null" } })).stdout;
  await git("init", "-q", "-b", "main");
  await appendFile(path.join(folder, ".git/info/exclude"), "node_modules\n");
  const more: Record<string, string> = packages ? { PATH: await pathWithPackages(path.join(place, "bin")) } : {};
  const reportFile = path.join(place, "report.json");

  const checkout: BasedCheckout = {
    folder,
    cache,
    stackFile: (clearml = {}) => {
      const section = { ...(SMALL["vision-platform:clearml"] as Sections), ...clearml };
      return checkout.write("Pulumi.lab.yaml", stringify({ config: { ...SMALL, "vision-platform:clearml": section } }));
    },
    write: (file, text) => writeFile(path.join(folder, file), text),
    read: (file) => readFile(path.join(folder, file), "utf8"),
    git,
    async commit() {
      await git("add", "-A");
      await git("commit", "-qm", "a change");
      return git("rev-parse", "HEAD");
    },
    start: (...args) => started(folder, cache, more, args),
    async preview(...args) {
      await rm(reportFile, { force: true });
      const { exitCode, stdout, stderr } = await checkout.start("--report", reportFile, ...args);
      const text = await readFile(reportFile, "utf8").catch(() => undefined);
      return { exitCode, stdout, stderr, report: text === undefined ? undefined : (JSON.parse(text) as PlanReport) };
    },
    async left() {
      const folders = await Promise.all(
        ["rehearsals", "bases", "runs"].map((name) => readdir(path.join(cache, name)).catch(() => [])),
      );
      return folders.flat();
    },
    end: () => rm(place, { recursive: true, force: true }),
  };
  return checkout;
}
