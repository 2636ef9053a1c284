import { UserError } from "../../components/program/errors.ts";
import type { CiEvent } from "./event.ts";
import { SHA } from "./marker.ts";

export const HOSTS = ["github", "gitea", "forgejo", "gitlab"] as const;
export type HostName = (typeof HOSTS)[number];

/** The branch that a pull request asks to merge. */
export interface Head {
  owner: string;
  /** `owner/name`. */
  repository: string;
  branch: string;
}

/** Where a report is to be said. */
export interface Place {
  host: HostName;
  /** Address of its API, without a slash at the end. */
  api: string;
  /** `owner/name`; of GitLab the project's number or path. */
  repository: string;
  /** The repository with the commit, where that is another: a fork's, on GitLab. */
  statusRepository: string;
  /** Its number; or by which branch it is found, where the run is not told. */
  pull: number | Head;
  /** The commit that the report is about: the newest of the pull request when the run began. */
  sha: string;
  /** Counts the runs. */
  run: number;
  /** Where a person reads the run. */
  runUrl: string | undefined;
  /** Where a person reads the pull request, on GitLab. */
  web: string | undefined;
  /** The run is about another's repository: what it says is that one's word. */
  isForks: boolean;
}

/** What a person says where the environment does not. */
export interface PlaceFlags {
  host?: HostName;
  api?: string;
  repository?: string;
  pull?: number;
  sha?: string;
  run?: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What one host's environment says, as far as it does. */
type Said = Partial<Omit<Place, "host">>;

/**
 * Where the CI's environment says that a pull request is. Flags come first. Nothing of it comes from a report.
 * @param event what set off the run, where the host tells (GITHUB_EVENT_PATH)
 * @throws UserError of bad usage with everything that is missing, and the flag for each
 */
export function whereFrom(env: Environment, flags: PlaceFlags, event: CiEvent): Place {
  const host = flags.host ?? hostOf(env);
  if (host === undefined)
    throw usage([`Nothing says which host this is for: no CI that this verb knows runs it. ${BY_HAND}`]);
  const said = host === "gitlab" ? gitlabSays(env) : actionsSay(env, host, event);
  const { api, repository, pull, sha, run } = { ...said, ...given(flags) };
  const missing = [
    ...(isAddress(api) ? [] : [`--api: the address of the host's API, ${API_EXAMPLES[host]}${heard(api)}`]),
    ...(isRepository(host, repository)
      ? []
      : [`--repository: ${host === "gitlab" ? "the project's number or path" : "OWNER/NAME"}${heard(repository)}`]),
    ...(pull !== undefined ? [] : ["--pull: the number of the pull request; this run is of none"]),
    ...(sha !== undefined && SHA.test(sha)
      ? []
      : [`--sha: the commit that the report is about, all 40 characters of its name${heard(sha)}`]),
    ...(run !== undefined && Number.isSafeInteger(run) && run > 0
      ? []
      : ["--run: a number that is higher with each run"]),
  ];
  if (missing.length > 0 || !api || !repository || pull === undefined || !sha || run === undefined)
    throw usage([
      `Nothing says where on ${TITLES[host]} the comment belongs. Add:`,
      ...missing.map((line) => `  ${line}`),
    ]);
  return {
    host,
    api: api.replace(/\/+$/, ""),
    repository,
    statusRepository: flags.repository ?? said.statusRepository ?? repository,
    pull,
    sha,
    run,
    runUrl: said.runUrl,
    web: said.web,
    isForks: said.isForks ?? false,
  };
}

export const TITLES: Record<HostName, string> = {
  github: "GitHub",
  gitea: "Gitea",
  forgejo: "Forgejo",
  gitlab: "GitLab",
};

const BY_HAND =
  "By hand: --host github --api https://api.github.com --repository OWNER/NAME --pull N --sha COMMIT --run N";
const API_EXAMPLES: Record<HostName, string> = {
  github: "https://api.github.com",
  gitea: "https://gitea.example/api/v1",
  forgejo: "https://forgejo.example/api/v1",
  gitlab: "https://gitlab.example/api/v4",
};

/** Forgejo's runner says that it is Gitea's too, and both that they are GitHub's: the most particular first. */
function hostOf(env: Environment): HostName | undefined {
  if (env["FORGEJO_ACTIONS"]) return "forgejo";
  if (env["GITEA_ACTIONS"]) return "gitea";
  if (env["GITLAB_CI"]) return "gitlab";
  return env["GITHUB_ACTIONS"] ? "github" : undefined;
}

/** GitHub Actions, and those of Gitea and Forgejo, which have the same variables. (docs.github.com: variables reference) */
function actionsSay(env: Environment, host: HostName, { pull, issue, after }: CiEvent): Said {
  const repository = filled(env["GITHUB_REPOSITORY"]);
  const server = filled(env["GITHUB_SERVER_URL"])?.replace(/\/+$/, "");
  // Gitea's runners of 2023 name an address of GitHub's kind, or none.
  const named = filled(env["GITHUB_API_URL"]);
  const api = host === "github" || named?.includes("/api/v1") ? named : server && `${server}/api/v1`;
  const run = filled(env["GITHUB_RUN_ID"]);
  const runUrl = server && repository && run ? `${server}/${repository}/actions/runs/${run}` : undefined;
  const ref = /^refs\/pull\/(\d+)\//.exec(env["GITHUB_REF"] ?? "")?.[1];
  // A run after another one: of the default branch, and all that it is about stands in the other.
  if (after)
    return {
      api,
      repository,
      pull: { owner: after.owner, repository: after.repository, branch: after.branch },
      sha: after.sha,
      run: after.run,
      runUrl: after.url ?? runUrl,
      isForks: after.repository !== repository,
    };
  return {
    api,
    repository,
    pull: pull?.number ?? issue ?? (ref === undefined ? undefined : Number(ref)),
    // GITHUB_SHA is the commit that would be merged, which no branch has.
    sha: pull?.sha ?? filled(env["GITHUB_SHA"]),
    run: numberIn(env["GITHUB_RUN_NUMBER"]),
    runUrl,
  };
}

/** GitLab's pipelines of merge requests. (docs.gitlab.com: predefined variables) */
function gitlabSays(env: Environment): Said {
  // In a pipeline of a fork CI_PROJECT_ID is the fork, and the merge request is in the project that it was made from.
  const repository = filled(env["CI_MERGE_REQUEST_PROJECT_ID"]) ?? filled(env["CI_PROJECT_ID"]);
  const source = filled(env["CI_MERGE_REQUEST_SOURCE_PROJECT_ID"]);
  const iid = numberIn(env["CI_MERGE_REQUEST_IID"]);
  const project = filled(env["CI_MERGE_REQUEST_PROJECT_URL"]) ?? filled(env["CI_PROJECT_URL"]);
  return {
    api: filled(env["CI_API_V4_URL"]),
    repository,
    statusRepository: source,
    pull: iid,
    // Only set in pipelines of merged results, where CI_COMMIT_SHA is no commit of a branch.
    sha: filled(env["CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"]) ?? filled(env["CI_COMMIT_SHA"]),
    run: numberIn(env["CI_PIPELINE_IID"]),
    runUrl: filled(env["CI_PIPELINE_URL"]),
    web: project && iid ? `${project}/-/merge_requests/${iid}` : undefined,
    isForks: source !== undefined && source !== repository,
  };
}

const filled = (text: string | undefined) => (text === undefined || text === "" ? undefined : text);
const numberIn = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined);
const heard = (text: string | undefined) => (text === undefined ? "" : `, and not "${text}"`);

function given({ api, repository, pull, sha, run }: PlaceFlags): Said {
  return {
    ...(api !== undefined && { api }),
    ...(repository !== undefined && { repository }),
    ...(pull !== undefined && { pull }),
    ...(sha !== undefined && { sha }),
    ...(run !== undefined && { run }),
  };
}

function isAddress(api: string | undefined): boolean {
  return api !== undefined && URL.canParse(api) && /^https?:$/.test(new URL(api).protocol);
}

function isRepository(host: HostName, repository: string | undefined): boolean {
  if (repository === undefined) return false;
  return host === "gitlab" ? /^[\w.-]+(\/[\w.-]+)*$/.test(repository) : /^[\w.-]+\/[\w.-]+$/.test(repository);
}

const usage = (problems: readonly string[]) => new UserError(problems.join("\n"), { exitCode: 2 });
