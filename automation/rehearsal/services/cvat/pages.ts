import { errorPage, plain, type Answer } from "./answers.ts";
import { health } from "./server.ts";

type Page = (query: URLSearchParams, failing: readonly string[]) => Answer;

const html =
  (title: string): Page =>
  () =>
    plain(200, `<!doctype html>\n<html lang="en"><head><title>${title}</title></head><body></body></html>`);
const forbidden: Page = () => errorPage(403, "Forbidden (403)");
const signIn =
  (next: string): Page =>
  () => ({ ...plain(302, ""), headers: { Location: `/admin/login/?next=${next}` } });
const typed =
  (type: string, text: string): Page =>
  () => ({ status: 200, type, text });

/** What is not of CVAT's API and asks for no token: as recorded from 2.64.0, see test/fixtures/cvat/anonymous-2.64.json. */
const PAGES: Readonly<Record<string, Page>> = {
  "GET /": () => errorPage(410, "Gone"),
  "POST /": forbidden,
  "GET /api/schema/": typed("application/vnd.oai.openapi", "openapi: 3.0.3\npaths: {}\n"),
  "GET /api/swagger/": html("Swagger"),
  "GET /api/docs/": html("ReDoc"),
  "GET /api/server/health/": (query, failing) => health(failing, query.get("format")),
  "GET /admin/": signIn("/admin/"),
  "POST /admin/": forbidden,
  "GET /admin/login/": html("Log in"),
  "POST /admin/login/": forbidden,
  "GET /django-rq/": signIn("/django-rq/"),
  "POST /django-rq/": forbidden,
  "GET /django-rq/stats.json/": typed("application/json", '{"error": true}'),
  "POST /django-rq/stats.json/": forbidden,
};

/** The answer of such a page; undefined where there is none. */
export function pageAt(
  method: string,
  path: string,
  query: URLSearchParams,
  failing: readonly string[],
): Answer | undefined {
  return PAGES[`${method} ${path}`]?.(query, failing);
}
