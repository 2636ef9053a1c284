import { detail, errorPage, json, nothing, plain, refuse, Refusal, type Answer } from "./answers.ts";
import { FORBIDDEN, filtered, page, type Asked, type Route } from "./asked.ts";
import type { StoredRequest } from "./store.ts";

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
/** How long a request is known after its end. (4.12; cvat-real-third-look.md, 10.1) */
const LIFETIMES_MS: Readonly<Record<string, Readonly<Record<"finished" | "failed", number>>>> = {
  create: { finished: 500_000, failed: YEAR_MS },
  import: { finished: 3_600_000, failed: 30 * DAY_MS },
  export: { finished: DAY_MS, failed: DAY_MS },
  calculate: { finished: 120_000, failed: YEAR_MS },
  merge: { finished: 120_000, failed: YEAR_MS },
};
/** Kinds of requests that say nothing of a format. */
const NAMELESS = ["calculate", "merge"];
/** Asked for by one of these, the list fails. */
const BREAK_THE_LIST = ["subresource", "format"];

export const REQUEST_ROUTES: readonly Route[] = [
  {
    path: /^requests$/,
    methods: {
      GET: (asked) => {
        if (
          BREAK_THE_LIST.some((name) => asked.query.has(name)) ||
          /created_date/.test(asked.query.get("filter") ?? "")
        )
          throw new Refusal(errorPage(500, "Server Error (500)"));
        const mine = listed(asked).filter((one) => one.owner === asked.user.id && expiry(one) > Date.now());
        const found = filtered(asked, mine, {
          status: ({ status }) => status,
          action: ({ type }) => type.split(":")[0] ?? "",
          target: ({ target }) => target,
          project_id: ({ project_id }) => project_id,
          task_id: ({ task_id }) => task_id,
          job_id: ({ job_id }) => job_id,
        });
        const numbered = found.map((request, id) => ({ id, request }));
        return page(asked, "requests", numbered, (_, { request }) => shown(asked, request));
      },
    },
  },
  {
    // Encoded or not, both are understood. (4.11)
    path: /^requests\/([^/]+)$/,
    methods: { GET: (asked) => json(200, shown(asked, one(asked))) },
  },
  {
    path: /^requests\/([^/]+)\/cancel$/,
    methods: {
      POST: (asked) => {
        const { status, id } = one(asked);
        if (status !== "queued")
          throw new Refusal(plain(400, "Only requests that have not yet been started can be cancelled"));
        asked.state.requests = asked.state.requests.filter((request) => request.id !== id);
        return nothing(200);
      },
    },
  },
];

/** What a request is about. */
export type Operation = Pick<StoredRequest, "id" | "type" | "target"> &
  Partial<Pick<StoredRequest, "task_id" | "project_id" | "job_id" | "format" | "lightweight" | "parameters">>;

/** Has something done in the place of an older request of the same name, or says that one is under way. (4.8, 5.7, 6.5) */
export function begin(asked: Asked, operation: Operation): Answer {
  if (asked.workers.underWay(operation.id)) return json(409, { rq_id: operation.id });
  asked.workers.add(newRequest(asked, operation));
  return json(202, { rq_id: operation.id });
}

export function newRequest({ user }: Pick<Asked, "user">, operation: Operation): StoredRequest {
  return {
    status: "queued",
    message: "",
    owner: user.id,
    ...{ task_id: null, project_id: null, job_id: null, format: null, parameters: {} },
    created_date: new Date().toISOString(),
    ...{ started_date: null, finished_date: null, result_url: null, result_id: null, progress: 0 },
    ...operation,
  };
}

/** Automatic annotation has a list of its own. */
const listed = ({ state }: Asked) => state.requests.filter(({ type }) => !type.startsWith("autoannotate:"));

function one(asked: Asked): StoredRequest {
  const { state, parts, user } = asked;
  const found = listed(asked).find(({ id }) => id === decodeURIComponent(parts[0] ?? ""));
  if (!found || expiry(found) < Date.now()) throw new Refusal(plain(404, "There is no request with specified id"));
  if (found.owner !== user.id && !user.is_superuser) throw detail(403, FORBIDDEN);
  // Of a task that was deleted meanwhile. (cvat-real-third-look.md, 3.9)
  if (found.type === "create:task" && !state.tasks.some(({ id }) => id === found.task_id))
    throw refuse(400, ["Task matching query does not exist."]);
  return found;
}

function expiry({ status, finished_date, type }: StoredRequest): number {
  if (finished_date === null || (status !== "finished" && status !== "failed")) return Infinity;
  const lifetime = LIFETIMES_MS[type.split(":")[0] ?? ""]?.[status] ?? DAY_MS;
  return Date.parse(finished_date) + lifetime;
}

function shown({ state }: Asked, request: StoredRequest) {
  const { id, status, message, type, target, task_id, project_id, job_id, format, owner, result_url, result_id } =
    request;
  const { created_date, started_date, finished_date } = request;
  const ends = expiry(request);
  return {
    ...{ id, status, message, created_date, started_date, finished_date },
    operation: {
      ...{ type, target, project_id, task_id, job_id, lightweight: request.lightweight ?? null },
      ...(!NAMELESS.includes(type.split(":")[0] ?? "") && { format }),
    },
    // Stays at nothing to the end. (4.5)
    progress: 0,
    expiry_date: Number.isFinite(ends) ? new Date(ends).toISOString() : null,
    owner: { id: owner, username: state.users.find((user) => user.id === owner)?.username ?? "" },
    ...{ result_url, result_id },
  };
}
