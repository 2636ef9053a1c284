import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parse, stringify } from "yaml";
import type { Plan } from "../../../components/lab/plan.ts";
import { UserError } from "../../../components/program/errors.ts";
import { isMap } from "../../../components/program/maps.ts";
import type { Progress } from "../../progress.ts";
import { likenessSchema, type Likeness } from "./likeness.ts";
import { readCluster } from "./read-cluster.ts";

interface Place {
  /** Where the stack file lies: the file is written beside it. */
  folder: string;
  stack: string;
  progress: Progress;
}

const TITLE =
  "# What `rehearse --like` read of a cluster: no secret, nothing of any application. `rehearse --like` takes this file too.\n";

/** The file that `--like` writes of a stack's cluster. */
export const likenessFile = (folder: string, stack: string) => path.join(folder, `cluster.${stack}.yaml`);

/**
 * What a rehearsal is to be like: from the file that was written earlier, or read now from the cluster of a kubeconfig and written.
 * @throws UserError when the file is neither, or the cluster cannot be reached
 */
export async function likenessFor(file: string, plan: Plan, { folder, stack, progress }: Place): Promise<Likeness> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new UserError(`--like ${file} cannot be read (${code}).`, { exitCode: 2, cause: error });
  });
  const written = writtenIn(text);
  if (written !== undefined) {
    const result = likenessSchema.safeParse(written);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new UserError(
      `--like ${file} is not as it was written: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}. Read the cluster anew.`,
      { exitCode: 2 },
    );
  }
  return progress.task("Looking at your cluster", async () => {
    const likeness = await readCluster(file, plan);
    const target = likenessFile(folder, stack);
    await writeFile(target, `${TITLE}${stringify(likeness, { aliasDuplicateObjects: false })}`);
    progress.line(`Written: ${target}`);
    return likeness;
  });
}

/** A likeness is known by its first key; a kubeconfig has none such. */
function writtenIn(text: string): unknown {
  try {
    const content: unknown = parse(text);
    return isMap(content) && "likeness" in content ? content : undefined;
  } catch {
    return undefined; // The kubeconfig's reader says what is wrong with it.
  }
}
