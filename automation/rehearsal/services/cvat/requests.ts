import { detail, json, nothing, plain, Refusal } from "./answers.ts";
import { FORBIDDEN, filtered, type Asked, type Route } from "./asked.ts";
import type { StoredRequest } from "./store.ts";

const LIFETIME_MS = { finished: 500_000, failed: 365 * 86_400_000 } as const;

export const REQUEST_ROUTES: readonly Route[] = [
  {
    path: /^requests$/,
    methods: {
      GET: (asked) => {
        const mine = asked.state.requests.filter(({ owner }) => owner === asked.user.id);
        const found = filtered(asked, mine, { status: (one) => one.status, task_id: (one) => one.task_id });
        const results = found.map((one) => shown(asked, one));
        return json(200, { count: results.length, next: null, previous: null, results });
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

/** A request of a task, in the place of an older one of the same name. */
export function requestOf(asked: Asked, type: string, task_id: number, project_id: number | null): StoredRequest {
  const [action = "", target = ""] = type.split(":");
  const made: StoredRequest = {
    id: `action=${action}&target=${target}&target_id=${task_id}`,
    status: "queued",
    message: "",
    owner: asked.user.id,
    ...{ type, task_id, project_id },
    created_date: new Date().toISOString(),
    finished_date: null,
  };
  asked.state.requests = [...asked.state.requests.filter(({ id }) => id !== made.id), made];
  return made;
}

function one({ state, parts, user }: Asked): StoredRequest {
  const found = state.requests.find(({ id }) => id === decodeURIComponent(parts[0] ?? ""));
  if (!found || expiry(found) < Date.now()) throw new Refusal(plain(404, "There is no request with specified id"));
  if (found.owner !== user.id && !user.is_superuser) throw detail(403, FORBIDDEN);
  return found;
}

function expiry({ status, finished_date }: StoredRequest): number {
  return finished_date === null
    ? Infinity
    : Date.parse(finished_date) + LIFETIME_MS[status === "failed" ? status : "finished"];
}

function shown({ state }: Asked, request: StoredRequest) {
  const { id, status, message, type, task_id, project_id, created_date, finished_date, owner } = request;
  const [, target] = type.split(":");
  const ends = expiry(request);
  return {
    ...{ id, status, message, created_date, finished_date },
    operation: { type, target, project_id, task_id, job_id: null, format: null, lightweight: null },
    // Stays at nothing to the end. (4.5)
    progress: 0,
    started_date: finished_date,
    expiry_date: Number.isFinite(ends) ? new Date(ends).toISOString() : null,
    owner: { id: owner, username: state.users.find((user) => user.id === owner)?.username ?? "" },
    result_url: null,
    result_id: null,
  };
}
