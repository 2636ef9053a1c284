import { detail, errorPage, nothing, plain, Refusal, refuse, type Answer } from "../answers.ts";
import { FORBIDDEN, type Asked, type Route } from "../asked.ts";
import { destinationOf, mayFill } from "../exports/destination.ts";
import { downloadRoute } from "../exports/download.ts";
import { oneProject, oneTask } from "../owned.ts";
import { mayMake } from "../projects.ts";
import { begin } from "../requests.ts";
import type { StoredProject, StoredTask } from "../store.ts";
import { beginUpload, lookAtUpload, sentFile, takePiece, UPLOAD_ID } from "../tus.ts";
import { beginRestore } from "./restore.ts";
import type { BackupCall } from "./write.ts";

interface List {
  list: "projects" | "tasks";
  target: "project" | "task";
  one: (asked: Asked) => StoredProject | StoredTask;
}

const LISTS: readonly List[] = [
  { list: "projects", target: "project", one: oneProject },
  { list: "tasks", target: "task", one: oneTask },
];

/** Backups of projects and tasks, and what is made of them again. (cvat-rest-measured.md 6; cvat-real-third-look.md 3) */
export const BACKUP_ROUTES: readonly Route[] = LISTS.flatMap((of): Route[] => [
  {
    path: new RegExp(`^${of.list}/(\\d+)/backup/export$`),
    anyOrganization: true,
    methods: { POST: (asked) => beginBackup(asked, of) },
  },
  downloadRoute(of.list, "backup", /&subresource=backup(&lightweight=True)?$/),
  { path: new RegExp(`^${of.list}/(\\d+)/backup$`), methods: { GET: () => gone(of) } },
  { path: new RegExp(`^${of.list}/backup/?$`), methods: { POST: (asked) => restoring(asked, of) } },
  { path: new RegExp(`^${of.list}/backup/${UPLOAD_ID}$`), methods: { PATCH: takePiece, HEAD: lookAtUpload } },
]);

/** Once it was made while one waited. (engine/view_utils.py) */
function gone({ list }: List): Answer {
  const lines = [
    "This endpoint is no longer supported.",
    `To initiate the export process, use POST /api/${list}/id/backup/export.`,
    "To check the process status, use GET /api/requests/rq_id,",
    "where rq_id is obtained from the response of the previous request.",
    "To download the prepared file, use the result_url obtained from the response of the previous request.",
  ];
  throw new Refusal(plain(410, `${lines.join("\n")}\n`));
}

function beginBackup(asked: Asked, { target, one }: List): Answer {
  const { query, host, user } = asked;
  const found = one(asked);
  const storage = destinationOf(asked, found);
  const wanted = query.get("lightweight") ?? "false";
  if (!/^(true|t|yes|y|on|1|false|f|no|n|off|0)$/i.test(wanted))
    throw new Refusal(errorPage(500, "Server Error (500)"));
  const tasks = "posted" in found ? [found] : asked.state.tasks.filter(({ project_id }) => project_id === found.id);
  if ("posted" in found && !found.data) throw refuse(400, ["Backup of a task without data is not allowed"]);
  // Where nothing lies in a bucket, there is nothing to leave out. (BackupExporter in engine/background.py)
  const lightweight =
    /^(true|t|yes|y|on|1)$/i.test(wanted) && tasks.some(({ data }) => data?.storage === "cloud_storage");
  const stamp = found.updated_date.slice(0, 19).replace(/[-T:]/g, "_");
  const usual = `${target}_${found.name}_backup${lightweight ? "-lightweight" : ""}_${stamp}.zip`.toLowerCase();
  const call: BackupCall = {
    ...{ lightweight, host, filename: query.get("filename") || usual },
    ...(storage !== undefined && { storage }),
  };
  const own = `action=export&target=${target}&target_id=${found.id}&user_id=${user.id}&subresource=backup`;
  return begin(asked, {
    id: `${own}${lightweight ? "&lightweight=True" : ""}`,
    ...{ type: "export:backup", target, lightweight: lightweight || null },
    task_id: target === "task" ? found.id : null,
    project_id: "posted" in found ? found.project_id : found.id,
    parameters: { ...call },
  });
}

/** A backup that is sent as cvat-sdk does it, or lies in a bucket. (cvat_sdk/core/uploading.py; engine/mixins.py, UploadMixin) */
function restoring(asked: Asked, { list, target }: List): Answer {
  const { headers, query, store } = asked;
  if (!mayMake(asked)) throw detail(403, FORBIDDEN);
  if (headers["upload-start"] !== undefined) return nothing(202);
  if (headers["upload-length"] !== undefined) return beginUpload(asked, `${list}/backup`, undefined, false);
  if (headers["upload-finish"] !== undefined)
    return beginRestore(asked, target, { sent: sentFile(store, query.get("filename") ?? "") });
  return beginRestore(asked, target, from(asked));
}

function from(asked: Asked): { storage: number; filename: string } {
  const { query, state, context } = asked;
  const location = query.get("location") ?? "local";
  if (location === "local") throw refuse(400, ["No such file were uploaded"]);
  if (location !== "cloud_storage") throw new Refusal(errorPage(500, "Server Error (500)"));
  const id = query.get("cloud_storage_id");
  if (id === null) throw refuse(400, ["Trying to use undefined cloud storage (cloud_storage_id was not provided)"]);
  const storage = state.storages.find((one) => one.id === Number(id));
  if (!storage) throw refuse(400, ["CloudStorage matching query does not exist."]);
  // An organization's is for who restores into it. (cvat-real-third-look.md 3.4)
  if (!mayFill(asked, storage, context?.id ?? null)) throw detail(403, FORBIDDEN);
  const filename = query.get("filename") ?? "";
  if (filename === "") throw refuse(400, ["The filename was not specified"]);
  return { storage: storage.id, filename };
}
