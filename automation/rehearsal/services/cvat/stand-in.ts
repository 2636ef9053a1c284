import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { detail, errorPage, json, nothing, Refusal, type Answer } from "./answers.ts";
import { ACCESS_TOKEN_ROUTES } from "./access-tokens.ts";
import { ACCOUNT_ROUTES } from "./accounts.ts";
import { BACKUP_ROUTES } from "./backup/routes.ts";
import { restore } from "./backup/read.ts";
import { writeBackup } from "./backup/write.ts";
import { bodyOf, checkAccept, contextOf, type Asked, type Route } from "./asked.ts";
import { AUTH_ROUTES, caller, notSignedIn, tokenOf } from "./auth.ts";
import type { CvatConfig } from "./config.ts";
import { applyUsers, carryOutUsersJob } from "./cluster-users.ts";
import { EXPORT_ROUTES } from "./annotations/export/begin.ts";
import { exportDataset } from "./annotations/export/work.ts";
import { importAnnotations } from "./annotations/import/work.ts";
import { ANNOTATION_ROUTES } from "./annotations/routes.ts";
import { UPLOAD_ROUTES } from "./annotations/import/upload.ts";
import { createTask } from "./data/create.ts";
import { EVENT_ROUTES, exportEvents } from "./events.ts";
import { Faults, hang, type Orders } from "./faults.ts";
import { GUIDE_ROUTES } from "./guides.ts";
import { ISSUE_ROUTES } from "./issues.ts";
import { JOB_ROUTES } from "./jobs.ts";
import { LAMBDA_ROUTES } from "./lambda/routes.ts";
import { annotate } from "./lambda/work.ts";
import { LABEL_ROUTES } from "./labels.ts";
import { MODEL_ROUTES } from "./models.ts";
import { ORGANIZATION_ROUTES } from "./organizations.ts";
import { PROJECT_ROUTES } from "./projects.ts";
import { REQUEST_ROUTES } from "./requests.ts";
import { calculate } from "./quality/reports.ts";
import { CONSENSUS_ROUTES } from "./consensus.ts";
import { QUALITY_ROUTES } from "./quality/routes.ts";
import { pageAt } from "./pages.ts";
import { SERVER_ROUTES } from "./server.ts";
import { STORAGE_ROUTES } from "./storages.ts";
import type { Store, StoredUser } from "./store.ts";
import { TASK_ROUTES } from "./tasks.ts";
import { Throttle } from "./throttle.ts";
import { USER_ROUTES } from "./users.ts";
import { WEBHOOK_ROUTES } from "./webhooks.ts";
import { Workers, type WorkOf } from "./workers.ts";

const ROUTES: readonly Route[] = [
  ...SERVER_ROUTES,
  ...AUTH_ROUTES,
  ...ACCESS_TOKEN_ROUTES,
  ...ACCOUNT_ROUTES,
  ...USER_ROUTES,
  ...ORGANIZATION_ROUTES,
  ...STORAGE_ROUTES,
  ...WEBHOOK_ROUTES,
  ...BACKUP_ROUTES,
  ...PROJECT_ROUTES,
  ...TASK_ROUTES,
  ...LABEL_ROUTES,
  ...GUIDE_ROUTES,
  ...ISSUE_ROUTES,
  ...JOB_ROUTES,
  ...ANNOTATION_ROUTES,
  ...UPLOAD_ROUTES,
  ...EXPORT_ROUTES,
  ...QUALITY_ROUTES,
  ...CONSENSUS_ROUTES,
  ...REQUEST_ROUTES,
  ...EVENT_ROUTES,
  ...MODEL_ROUTES,
  ...LAMBDA_ROUTES,
];

const WORK: Readonly<Record<string, WorkOf>> = {
  "create:task": createTask,
  "import:annotations": importAnnotations,
  "export:annotations": exportDataset,
  "export:dataset": exportDataset,
  "export:events": exportEvents,
  "export:backup": writeBackup,
  "import:backup": restore,
  "calculate:quality": calculate,
  "autoannotate:task": annotate,
};

/** Where a test orders faults, and asks what calls came. Not CVAT's. */
export const CONTROL = "/_rehearsal/orders";

/** CVAT's REST API as far as this project and cvat-sdk use it. What it holds to is in behaviours.ts. */
export function standIn(store: Store, config: CvatConfig): RequestListener {
  const faults = new Faults();
  const throttle = new Throttle(config.anonymousCalls);
  const workers = new Workers({ store, state: store.state, config }, WORK);
  if (config.users) {
    applyUsers(store, config.users);
    store.save();
  }

  async function answerTo(request: IncomingMessage): Promise<Answer | "drop"> {
    const { pathname, query } = placeOf(request.url ?? "/");
    const method = request.method ?? "GET";
    if (pathname === CONTROL) {
      const orders = (await bodyOf(request)).body as Orders;
      workers.order(orders);
      return faults.order(orders);
    }
    const page = pageAt(method, pathname, query, faults.failing);
    if (page) return page;
    const path = pathname.replace(/^\/api\//, "");
    const fault = faults.due(`${method} ${path}`);
    if (fault === "hang") await hang();
    if (fault === "drop-before") return "drop";
    if (fault === "405") return json(405, { detail: `Method "${method}" not allowed.` });
    if (fault === "500") return errorPage(500, "Server Error (500)");
    if (fault === "429")
      return json(429, { detail: "Request was throttled. Expected available in 1 second." }, { "Retry-After": "1" });
    if (fault === "503") return errorPage(503, "Service Temporarily Unavailable");
    const answer = await handle(request, { pathname, query }, method, path);
    if (fault === "hang-after") await hang();
    return fault === "drop-after" ? "drop" : answer;
  }

  async function handle(
    request: IncomingMessage,
    { pathname, query }: Place,
    method: string,
    path: string,
  ): Promise<Answer> {
    const route = pathname.startsWith("/api/") ? ROUTES.find((one) => one.path.test(path)) : undefined;
    if (!route) return errorPage(404, "Not Found");
    checkAccept(request.headers.accept);
    if (config.cluster && path === "auth/login") {
      const problem = await carryOutUsersJob(store, config.cluster);
      if (problem !== undefined) console.error(`The users Job would fail: ${problem}.`);
    }
    const known = caller(store.state, { method, path }, request.headers);
    if (!known && !route.open) throw notSignedIn();
    if (!known) throttle.count(forwardedFor(request));
    // What asks for nobody's rights does not ask the policy agent. (recorded of 2.64.0 without one)
    if (faults.policy === "down" && !route.open) return errorPage(500, "Server Error (500)");
    const user = known && faults.policy === "allows all" && !route.open ? { ...known, groups: ["admin"] } : known;
    const work = route.methods[method] ?? (method === "HEAD" && route.methods["GET"] ? head(path) : undefined);
    if (!work) throw detail(405, `Method "${method}" not allowed.`);
    const organization = request.headers["x-organization"];
    const asked: Omit<Asked, "user"> & { user: StoredUser | undefined } = {
      method,
      parts: route.path.exec(path)?.slice(1) ?? [],
      query,
      ...(await bodyOf(request)),
      headers: request.headers,
      host: request.headers.host ?? "",
      user,
      token: tokenOf(store.state, request.headers),
      context:
        user &&
        contextOf(
          store.state,
          user,
          organization === undefined ? undefined : String(organization),
          query,
          route.anyOrganization,
        ),
      store,
      state: store.state,
      config,
      workers,
      opened: faults.opened,
      lost: faults.lost,
    };
    // Open routes ask for the user themselves.
    const answer = await work(asked as Asked);
    if (method !== "GET") store.save();
    return answer;
  }

  return (request, response) => {
    answerTo(request)
      .catch((error: unknown) => (error instanceof Refusal ? error.answer : unexpected(error)))
      .then(
        (answer) => {
          if (answer === "drop") request.socket.destroy();
          else write(response, answer);
        },
        (error: unknown) => console.error(error),
      );
  };
}

/** Most of CVAT breaks when it is asked for the head alone. (cvat-real-third-look.md, 10.3) */
const head = (path: string) => (): Answer =>
  ["server/about", "users/self"].includes(path) ? nothing(200) : errorPage(500, "Server Error (500)");

interface Place {
  pathname: string;
  query: URLSearchParams;
}

/**
 * What a request is about: its path with every encoded character decoded, once, and nothing else smoothed out. So a path has many spellings, and
 * a slash too many is another path. (cvat-real-second-look.md 1: uvicorn and nginx answer alike)
 */
function placeOf(url: string): Place {
  const [path = "/", ...query] = url.replace(/^https?:\/\/[^/?]*/i, "").split("?");
  return { pathname: decoded(path), query: new URLSearchParams(query.join("?")) };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** An address of one's own telling counts as another client. (7.4) */
function forwardedFor(request: IncomingMessage): string {
  return String(request.headers["x-forwarded-for"] ?? request.socket.remoteAddress ?? "");
}

function unexpected(error: unknown): Answer {
  console.error(error);
  return errorPage(500, "Server Error (500)");
}

function write(response: ServerResponse, { status, type, text, headers = {} }: Answer): void {
  response.writeHead(status, {
    ...(text !== undefined && { "Content-Type": type }),
    ...headers,
  });
  response.end(text);
}
