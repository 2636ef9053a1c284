import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { refuse, type Answer } from "../answers.ts";
import type { Asked } from "../asked.ts";
import { begin } from "../requests.ts";

/** What the worker that restores is told. */
export interface RestoreCall {
  /** Of whom and of what it becomes. */
  organization: number | null;
  /** Where the backup lies: a file here that was sent, or an object. */
  sent?: string;
  storage?: number;
  filename?: string;
}

/** Makes something anew of a backup, with every call again. (cvat-rest-measured.md 6.7) */
export function beginRestore(asked: Asked, target: string, from: Omit<RestoreCall, "organization">): Answer {
  if (from.sent !== undefined && !existsSync(from.sent)) throw refuse(400, ["No such file were uploaded"]);
  const call: RestoreCall = { ...from, organization: asked.context?.id ?? null };
  return begin(asked, {
    id: `action=import&target=${target}&id=${randomUUID()}&subresource=backup`,
    ...{ type: "import:backup", target, parameters: { ...call } },
  });
}
