import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { detail, json, refuse, type Answer } from "./answers.ts";
import { FORBIDDEN, type Asked, type Route } from "./asked.ts";
import { begin } from "./requests.ts";
import { hasPrivilege, hasRole, isAdmin } from "./rules.ts";
import type { StoredEvent, StoredRequest } from "./store.ts";
import type { Work } from "./workers.ts";

/** Columns of ClickHouse's table, as an export has them. (recorded of 2.64.0) */
const COLUMNS = [
  ...["scope", "obj_name", "obj_id", "obj_val", "source", "timestamp", "count", "duration", "project_id", "task_id"],
  ...["job_id", "user_id", "user_name", "user_email", "org_id", "org_slug", "payload", "access_token_id"],
] as const;
/** A rehearsal that is kept for long forgets the oldest. */
const MOST = 10_000;

/** What an export of events is told. */
interface EventsCall {
  /** By column. */
  filter: Record<string, string>;
  host: string;
}

/**
 * Notes what somebody did, as CVAT's server tells it to Vector. Only what is named where this is called: CVAT tells of every change. What a test
 * orders to be lost never comes to ClickHouse.
 */
export function noteEvent(
  { state, user, lost }: Asked,
  scope: string,
  event: Partial<StoredEvent> & { organization: number | null },
): void {
  if (lost) return;
  const { organization, ...told } = event;
  const slug = state.organizations.find(({ id }) => id === organization)?.slug ?? null;
  state.events.push({
    ...{ scope, source: "server", duration: 0, ...told },
    timestamp: new Date().toISOString().replace("T", " ").replace("Z", "000+00:00"),
    ...{ user_id: user.id, user_name: user.username, user_email: user.email, org_id: organization, org_slug: slug },
    payload: "{}",
  });
  state.events.splice(0, state.events.length - MOST);
}

export const EVENT_ROUTES: readonly Route[] = [
  { path: /^events\/export$/, methods: { POST: beginExport } },
  { path: /^events\/download$/, methods: { GET: download } },
];

/** All may export what they did, and maintainers what was done in their organization. (events.rego) */
function beginExport(asked: Asked): Answer {
  const { query, user, host, state, context } = asked;
  const filter: EventsCall["filter"] = {};
  for (const column of ["org_id", "project_id", "task_id", "job_id", "user_id"]) {
    const value = query.get(column);
    if (value !== null) filter[column] = value;
  }
  if (context) filter["org_id"] = String(context.id);
  const seesAll =
    isAdmin(user) || (context && hasPrivilege(user, "user") && hasRole(state, user, context.id, "maintainer"));
  if (!seesAll) filter["user_id"] = String(user.id);
  return begin(asked, {
    id: `action=export&target=events&id=${randomUUID()}&user_id=${user.id}`,
    ...{ type: "export:events", target: "events", parameters: { filter, host } },
  });
}

export function exportEvents({ state, store }: Work, request: StoredRequest): Promise<Partial<StoredRequest>> {
  const { filter, host } = request.parameters as unknown as EventsCall;
  const rows = state.events.filter((one) =>
    Object.entries(filter).every(([column, value]) => String(one[column as keyof StoredEvent] ?? "") === value),
  );
  const file = store.fileFor(`events-${encodeURIComponent(request.id)}.csv`);
  writeFileSync(file, [COLUMNS, ...rows.map((row) => COLUMNS.map((column) => row[column]))].map(csvLine).join(""));
  return Promise.resolve({
    result_url: `http://${host}/api/events/download?rq_id=${encodeURIComponent(request.id)}`,
    parameters: { ...request.parameters, file },
  });
}

/** As Python's csv writes it: a text with a comma, a quote or an end of line stands in quotes. */
function csvLine(values: readonly unknown[]): string {
  const texts = values.map((value) => (value === null || value === undefined ? "" : String(value as string | number)));
  const quoted = texts.map((text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text));
  return `${quoted.join(",")}\r\n`;
}

function download({ query, state, user }: Asked): Answer {
  const id = query.get("rq_id");
  if (id === null) throw refuse(400, ["Missing request id in the query parameters"]);
  const request = state.requests.find((one) => one.id === id && one.target === "events");
  if (!request) throw refuse(400, ["Unexpected request id format"]);
  if (request.owner !== user.id) throw detail(403, FORBIDDEN);
  const { file } = request.parameters as { file?: string };
  if (request.status !== "finished" || file === undefined || !existsSync(file))
    return json(404, { detail: "The exported file has expired" });
  return { status: 200, type: "text/csv", text: readFileSync(file) };
}
