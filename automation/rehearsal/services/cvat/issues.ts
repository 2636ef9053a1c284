import { detail, json, nothing, refuse } from "./answers.ts";
import { byId, filtered, FORBIDDEN, mayTouch, page, visible, type Asked, type Route } from "./asked.ts";
import { textField, wrong } from "./fields.ts";
import { oneJob, removeIssues, taskOf } from "./owned.ts";
import type { StoredComment, StoredIssue, StoredJob } from "./store.ts";
import { basicUser } from "./users.ts";

/** What is wrong with pictures, and what is said of it. (IssueViewSet and CommentViewSet in engine/views.py, their serializers) */
export const ISSUE_ROUTES: readonly Route[] = [
  {
    path: /^issues$/,
    methods: {
      GET: (asked) => {
        const found = filtered(asked, seen(asked), {
          id: (issue) => issue.id,
          job_id: (issue) => issue.job,
          task_id: (issue) => jobOf(asked, issue)?.task_id ?? null,
          frame_id: (issue) => issue.frame,
          resolved: (issue) => issue.resolved,
          owner: (issue) => nameOf(asked, issue.owner),
          assignee: (issue) => nameOf(asked, issue.assignee),
        });
        return page(asked, "issues", found, shown);
      },
      POST: (asked) => {
        const { body, state, store, user } = asked;
        const job = oneJob({ ...asked, parts: [String(body["job"])] });
        const message = textField(body, "message") ?? "";
        if (!Number.isInteger(body["frame"])) throw wrong("frame", "A valid integer is required.");
        const now = new Date().toISOString();
        const made: StoredIssue = {
          ...{ id: store.next("issues"), job: job.id, frame: Number(body["frame"]), position: positionIn(body) ?? [] },
          ...{ owner: user.id, assignee: assigneeIn(asked) ?? null, resolved: body["resolved"] === true },
          ...{ created_date: now, updated_date: now },
        };
        if (made.position.length === 0) throw wrong("position", "This field is required.");
        state.issues.push(made);
        state.comments.push(comment(asked, made.id, message));
        return json(201, shown(asked, made));
      },
    },
  },
  {
    path: /^issues\/(\d+)$/,
    methods: {
      GET: (asked) => json(200, shown(asked, oneIssue(asked))),
      // Frame, job and message are written once, and left out without a word afterwards.
      PATCH: (asked) => {
        const issue = oneIssue(asked);
        const { body } = asked;
        issue.position = positionIn(body) ?? issue.position;
        const assignee = assigneeIn(asked);
        if (assignee !== undefined) issue.assignee = assignee;
        if (typeof body["resolved"] === "boolean") issue.resolved = body["resolved"];
        issue.updated_date = new Date().toISOString();
        return json(200, shown(asked, issue));
      },
      DELETE: (asked) => {
        const issue = oneIssue(asked);
        removeIssues(asked, ({ id }) => id === issue.id);
        return nothing(204);
      },
    },
  },
  {
    path: /^comments$/,
    methods: {
      GET: (asked) => {
        const issues = new Set(seen(asked).map(({ id }) => id));
        const found = filtered(
          asked,
          asked.state.comments.filter(({ issue }) => issues.has(issue)),
          {
            id: (one) => one.id,
            issue_id: (one) => one.issue,
            job_id: (one) => issueOf(asked, one)?.job ?? null,
            frame_id: (one) => issueOf(asked, one)?.frame ?? null,
            owner: (one) => nameOf(asked, one.owner),
          },
        );
        return page(asked, "comments", found, shownComment);
      },
      POST: (asked) => {
        const { body, state } = asked;
        const issue = oneIssue({ ...asked, parts: [String(body["issue"])] });
        const made = comment(asked, issue.id, textField(body, "message", { optional: true, blank: true }) ?? "");
        state.comments.push(made);
        return json(201, shownComment(asked, made));
      },
    },
  },
  {
    path: /^comments\/(\d+)$/,
    methods: {
      GET: (asked) => json(200, shownComment(asked, oneComment(asked))),
      PATCH: (asked) => {
        const one = oneComment(asked);
        one.message = textField(asked.body, "message", { optional: true, blank: true }) ?? one.message;
        one.updated_date = new Date().toISOString();
        return json(200, shownComment(asked, one));
      },
      DELETE: (asked) => {
        const { id } = oneComment(asked);
        asked.state.comments = asked.state.comments.filter((one) => one.id !== id);
        return nothing(204);
      },
    },
  },
];

function comment({ store, user }: Asked, issue: number, message: string): StoredComment {
  const now = new Date().toISOString();
  return { id: store.next("comments"), issue, owner: user.id, message, created_date: now, updated_date: now };
}

const nameOf = ({ state }: Asked, id: number | null) => state.users.find((user) => user.id === id)?.username ?? null;
const jobOf = ({ state }: Asked, { job }: StoredIssue): StoredJob | undefined =>
  state.jobs.find(({ id }) => id === job);
const issueOf = ({ state }: Asked, { issue }: StoredComment) => state.issues.find(({ id }) => id === issue);

/** Those of the tasks and jobs that one sees, and one's own. */
function seen(asked: Asked): StoredIssue[] {
  const { state, user } = asked;
  const tasks = new Set(visible(asked, state.tasks, "maintainer").map(({ id }) => id));
  const jobs = new Set(
    state.jobs.filter(({ task_id, assignee }) => tasks.has(task_id) || assignee === user.id).map(({ id }) => id),
  );
  return state.issues.filter(({ job }) => jobs.has(job));
}

function oneIssue(asked: Asked): StoredIssue {
  const issue = byId(asked, asked.state.issues, "Issue");
  const job = jobOf(asked, issue);
  const own = [issue.owner, issue.assignee, job?.assignee].includes(asked.user.id);
  if (!own && !(job && mayTouch(asked, taskOf(asked, job), "maintainer"))) throw detail(403, FORBIDDEN);
  return issue;
}

function oneComment(asked: Asked): StoredComment {
  const one = byId(asked, asked.state.comments, "Comment");
  oneIssue({ ...asked, parts: [String(one.issue)] });
  return one;
}

function positionIn(body: Record<string, unknown>): number[] | undefined {
  const position = body["position"];
  if (position === undefined) return undefined;
  if (!Array.isArray(position)) throw wrong("position", `Expected a list of items but got type "${typeof position}".`);
  if (position.length === 0) throw wrong("position", "This list may not be empty.");
  return position as number[];
}

function assigneeIn({ body, state }: Asked): number | null | undefined {
  const assignee = body["assignee"] as number | null | undefined;
  if (typeof assignee === "number" && !state.users.some(({ id }) => id === assignee))
    throw refuse(400, { assignee: [`Invalid pk "${assignee}" - object does not exist.`] });
  return assignee;
}

function shown(asked: Asked, issue: StoredIssue) {
  const count = asked.state.comments.filter((one) => one.issue === issue.id).length;
  return {
    ...issue,
    owner: basicUser(asked, issue.owner),
    assignee: basicUser(asked, issue.assignee),
    comments: { count, url: `http://${asked.host}/api/comments?issue_id=${issue.id}` },
  };
}

const shownComment = (asked: Asked, one: StoredComment) => ({ ...one, owner: basicUser(asked, one.owner) });
