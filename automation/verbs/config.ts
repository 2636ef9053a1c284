import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../components/program/errors.ts";
import { refusalOf } from "../../components/lab/refusal.ts";
import { missingSecrets } from "../../components/lab/required-secrets.ts";
import { problemList } from "../../components/schema/problems.ts";
import { checkWithFiles } from "../stackfile/check-files.ts";
import { stackFileSchema } from "../stackfile/json-schema.ts";
import { readStackFile, stackFilePath } from "../stackfile/stack-file.ts";
import { PROJECT_FOLDER, SCHEMA_FILE } from "../project.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

/** Every problem of a stack file at once. */
export async function check({ stack, folder, json }: StackFlags): Promise<void> {
  const file = await readStackFile(stackFilePath(folder, stack));
  const { lab, problems, warnings } = await checkWithFiles(file);
  const told = warnings.length > 0 ? problemList("Warnings:", warnings) : [];
  if (lab) {
    const missing = missingSecrets(lab);
    const toSet = missing.length > 0 ? problemList("Before preview and up, set:", missing) : [];
    const text = [`${file.path} is fine.`, ...told, ...toSet].join("\n");
    print({ file: file.path, problems, warnings, missingSecrets: missing }, text, json);
    return;
  }
  if (json) print({ file: file.path, problems, warnings }, "", true);
  const wrong = [...refusalOf(file.path, problems), ...told];
  throw new UserError(json ? [] : wrong, { exitCode: 2 });
}

/** The JSON Schema of stack files, printed or written. */
export async function schema({ write }: { write?: true }): Promise<void> {
  const text = `${JSON.stringify(stackFileSchema(), null, 2)}\n`;
  if (!write) return void process.stdout.write(text);
  const file = path.join(PROJECT_FOLDER, SCHEMA_FILE);
  const before = await readFile(file, "utf8").catch(() => "");
  if (before !== text) await writeFile(file, text);
  process.stderr.write(`${SCHEMA_FILE} ${before === text ? "was up to date" : "written"}\n`);
}
