import * as z from "zod";
import { shown } from "../../components/schema/unseen.ts";
import { UserError } from "../../components/program/errors.ts";
import { jsonIn } from "./checkpoint.ts";

/** What the engine says of an update. Of its configuration, which stands in the same file, nothing is kept. */
export interface UpdateRecord {
  /** `up`, `destroy`, `refresh`, `import`. */
  update: string;
  /** `succeeded`, `failed`. */
  result: string;
  /** Who ran it, as far as the engine knows: the CI's name and run. Undefined: it says nothing. */
  by: string | undefined;
  /** The commit that was checked out, and its author. */
  commit: string | undefined;
  seconds: number | undefined;
}

const record = z.looseObject({
  kind: z.string(),
  result: z.string().default(""),
  startTime: z.number().default(0),
  endTime: z.number().default(0),
  environment: z.record(z.string(), z.string()).nullish(),
});

const UPDATES: Readonly<Record<string, string>> = { update: "up", "resource-import": "import" };
const COMMIT = 8;

/** @throws UserError for a file that is no record */
export function recordIn(key: string, bytes: Buffer): UpdateRecord {
  const refuse = (why: string) => new UserError(`${key} cannot be read as the record of an update: ${why}.`);
  const { success, data } = record.safeParse(jsonIn(bytes, refuse));
  if (!success) throw refuse("it is not what the engine writes");
  const { kind, result, startTime, endTime, environment } = data;
  // (pulumi: pkg/backend/updates.go)
  const of = (name: string) => environment?.[name] || undefined;
  const run = of("ci.build.number") ?? of("ci.build.id");
  const system = of("ci.system");
  return {
    update: UPDATES[kind] ?? kind,
    result,
    by: system && shown(run ? `${system} ${run}` : system),
    commit: commitText(of("git.head"), of("git.author")),
    seconds: endTime > 0 ? endTime - startTime : undefined,
  };
}

function commitText(head: string | undefined, author: string | undefined): string | undefined {
  if (head === undefined) return undefined;
  return shown([head.slice(0, COMMIT), ...(author ? [`(${author})`] : [])].join(" "));
}
