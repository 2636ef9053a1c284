import { UserError } from "../../components/program/errors.ts";
import { TITLES, type HostName } from "./where.ts";

/** Where a token is looked for, the most particular first. By a flag it would stand in the list of processes. */
export const TOKEN_VARIABLES: Record<HostName, readonly string[]> = {
  github: ["GITHUB_TOKEN", "GH_TOKEN"],
  gitea: ["GITEA_TOKEN", "GITHUB_TOKEN"],
  forgejo: ["FORGEJO_TOKEN", "GITEA_TOKEN", "GITHUB_TOKEN"],
  gitlab: ["GITLAB_TOKEN"],
};

export interface Token {
  value: string;
  /** The variable that it came from, for errors. */
  variable: string;
}

/** @throws UserError of bad usage with the variables to set */
export function tokenFrom(host: HostName, env: Readonly<Record<string, string | undefined>>): Token {
  for (const variable of TOKEN_VARIABLES[host]) {
    const value = env[variable]?.trim();
    if (!value) continue;
    if (/[^\x21-\x7e]/.test(value))
      throw new UserError(`${variable} is no token: there are blanks or other signs in it.`, { exitCode: 2 });
    return { value, variable };
  }
  throw new UserError(
    `There is no token for ${TITLES[host]}: set ${TOKEN_VARIABLES[host].join(" or ")}. ${GIVE[host]}`,
    {
      exitCode: 2,
    },
  );
}

const GIVE: Record<HostName, string> = {
  github: "In a workflow: `env: GITHUB_TOKEN: ${{ github.token }}`.",
  gitea: "In a workflow: `env: GITEA_TOKEN: ${{ github.token }}`.",
  forgejo: "In a workflow: `env: FORGEJO_TOKEN: ${{ github.token }}`.",
  // gitlab#464591 (pull-requests.md, 1)
  gitlab:
    "It is a project access token with the scope `api`, as a masked variable of the project: a job's own CI_JOB_TOKEN may not write comments.",
};
