import { UserError } from "../../components/program/errors.ts";
import { RestError } from "../../components/rest/errors.ts";
import { github } from "./github.ts";
import { gitlab, gitlabClient } from "./gitlab.ts";
import { gitlabIssues } from "./gitlab-issues.ts";
import type { Calls, Host } from "./host.ts";
import { forgeIssues, type Issues } from "./issues.ts";
import { isSameReport, markerOf } from "./marker.ts";
import { forgeClient } from "./octokit.ts";
import { oneComment, type Settled } from "./one-comment.ts";
import { ASSUMED } from "./publish.ts";
import type { Report } from "./settle.ts";
import type { Token } from "./token.ts";
import { TITLES, type Place } from "./where.ts";

export interface IssuePlace extends Calls {
  place: Place;
  token: Token;
  title: string;
}

/**
 * Makes a report the one open issue of its marker, by the rule of the one comment: several runs at once end with one, and the newest run's.
 * One that a person has closed stays closed; the next finding has another.
 * @throws UserError with the cure
 */
export async function openIssue(where: IssuePlace, report: Report): Promise<Settled> {
  const { host, assumed, calls } = hostOf(where);
  return await cured(where, () => oneComment(host, report, { ...calls, assumed }));
}

/**
 * Writes the report into each open issue of its marker, and closes it.
 * @returns their numbers
 * @throws UserError with the cure
 */
export async function closeIssue(where: IssuePlace, { marker, text }: Report): Promise<number[]> {
  const { host, assumed } = hostOf(where);
  return await cured(where, async () => {
    const me = (await host.whoAmI()) ?? assumed;
    const open = (await host.comments()).filter(({ author, body }) => {
      const found = author === me ? markerOf(body) : undefined;
      // What a newer run has found is not this one's to close.
      return found !== undefined && isSameReport(found, marker) && found.run <= marker.run;
    });
    for (const { id } of open) {
      await host.write(id, text);
      await host.remove(id);
    }
    return open.map(({ id }) => id);
  });
}

function hostOf({ place, token, title, ...calls }: IssuePlace): {
  host: Host;
  assumed: string | undefined;
  calls: Calls;
} {
  const { host: name, api, repository, web } = place;
  const own = { ...calls, api, repository, token: token.value };
  const assumed = name === "github" ? ASSUMED : undefined;
  const issued = (host: Host, issues: Issues) => ({ host: { ...host, ...issues }, assumed, calls });
  if (name === "gitlab") {
    const there = { ...own, statusRepository: repository, web };
    return issued(gitlab(there, 0), gitlabIssues(gitlabClient(there), repository, title));
  }
  return issued(
    github({ ...own, host: name }, 0),
    forgeIssues(forgeClient(TITLES[name], own), TITLES[name], repository, title),
  );
}

const NEEDED: Record<Place["host"], string> = {
  github: "`permissions: issues: write` in the job; a token of a person or an app: issues, read and write",
  gitea: "the scopes write:issue and read:user",
  forgejo: "the scopes write:issue and read:user",
  gitlab: "the scope `api`, with the role Reporter",
};

async function cured<T>({ place, token }: IssuePlace, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RestError)) throw error;
    const { status } = error;
    const cure =
      status === 410
        ? `Issues are switched off in ${place.repository}.`
        : status === 401 || status === 403 || status === 404
          ? `The token in ${token.variable} needs ${NEEDED[place.host]}.`
          : "Run it again later, or look into the host's log.";
    throw new UserError(`${error.message}\n  ${cure}`, { cause: error });
  }
}
