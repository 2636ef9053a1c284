import { existsSync, readFileSync } from "node:fs";
import { detail, errorPage, json, plain, Refusal, refuse, type Answer } from "../answers.ts";
import { FORBIDDEN, type Asked, type Route } from "../asked.ts";
import { isAdmin } from "../rules.ts";

/**
 * Where a finished export is fetched. It comes whole, whatever range is asked for. (cvat-rest-measured.md 6.2)
 * @param list `projects`, `tasks`, `jobs`
 * @param what a part of its address: `dataset`, `backup`
 * @param kind how the ids of its requests go on
 */
export const downloadRoute = (list: string, what: string, kind: RegExp): Route => ({
  path: new RegExp(`^${list}/(\\d+)/${what}/download$`),
  anyOrganization: true,
  methods: {
    GET: (asked) => download(asked, list.slice(0, -1), kind),
    HEAD: () => {
      throw new Refusal(errorPage(500, "Server Error (500)"));
    },
  },
});

/** Only for who asked for it. (cvat-rest-measured.md 6.2; cvat-real-third-look.md 3.1; redis_handler/background.py, download_file) */
function download({ query, state, user, parts }: Asked, target: string, kind: RegExp): Answer {
  const id = query.get("rq_id") ?? "";
  if (id === "") throw refuse(400, ["Missing request id in the query parameters"]);
  const [, owner] = /^action=export&.*\buser_id=(\d+)/.exec(id) ?? [];
  if (owner === undefined) throw refuse(400, ["Unexpected request id format"]);
  if (Number(owner) !== user.id && !isAdmin(user)) throw detail(403, FORBIDDEN);
  const own = kind.test(id) && id.startsWith(`action=export&target=${target}&target_id=${parts[0] ?? ""}&`);
  const request = own ? state.requests.find((one) => one.id === id) : undefined;
  if (!request) throw new Refusal(plain(400, "Unknown export request id"));
  if (request.status !== "finished") throw new Refusal(plain(400, "The export process is not finished"));
  const { file, filename } = request.parameters as { file?: string; filename?: string };
  if (file === undefined)
    throw new Refusal(plain(400, "The export process has no result file to be downloaded locally"));
  if (!existsSync(file)) return json(404, "The exported file has expired, please retry exporting");
  const headers = { "Content-Disposition": `attachment; filename="${filename ?? "export.zip"}"` };
  return { status: 200, type: "application/zip", text: readFileSync(file), headers };
}
