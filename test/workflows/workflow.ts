import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";

export const ROOT = path.resolve(import.meta.dirname, "../..");

const env = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({});
const permissions = z.record(z.string(), z.enum(["read", "write", "none"]));

/** A step; a key that this reader does not know is an error, since nothing would be done for it. */
const step = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  if: z.string().optional(),
  run: z.string().optional(),
  uses: z.string().optional(),
  with: env,
  env,
  "continue-on-error": z.boolean().default(false),
});
const concurrency = z.strictObject({ group: z.string(), "cancel-in-progress": z.boolean().optional() });
const job = z.strictObject({
  name: z.string().optional(),
  if: z.string().optional(),
  needs: z.string().optional(),
  "runs-on": z.string(),
  "timeout-minutes": z.number().optional(),
  environment: z.string().optional(),
  concurrency: concurrency.optional(),
  permissions: permissions.optional(),
  outputs: z.record(z.string(), z.string()).default({}),
  env,
  steps: z.array(step),
});
const workflow = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: permissions.optional(),
  concurrency: concurrency.optional(),
  env,
  jobs: z.record(z.string(), job),
});

export type Step = z.infer<typeof step>;
export type Job = z.infer<typeof job>;
export type Workflow = z.infer<typeof workflow>;

/** A workflow file, from the checkout on. */
export function readWorkflow(file: string): Workflow {
  const document = parseDocument(readFileSync(path.join(ROOT, file), "utf8"), { merge: false });
  if (document.errors[0]) throw document.errors[0];
  return workflow.parse(document.toJS());
}

/** The workflows of a folder, by their paths from the checkout on. */
export function workflowsIn(folder: string): [file: string, workflow: Workflow][] {
  return readdirSync(path.join(ROOT, folder))
    .filter((name) => name.endsWith(".yml"))
    .sort()
    .map((name) => [`${folder}/${name}`, readWorkflow(`${folder}/${name}`)]);
}

/** What a step is called in a test: its name, else what it runs. */
export const titleOf = ({ name, run, uses }: Step): string => name ?? run?.trim() ?? uses ?? "";
