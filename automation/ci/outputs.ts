import { appendFile } from "node:fs/promises";
import { UserError } from "../../components/program/errors.ts";

/**
 * Hands values to the steps that follow, by the file that GITHUB_OUTPUT names; does nothing where no host asks for any.
 * @throws UserError for a value of several lines, which could set others than its own
 */
export async function stepOutput(values: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv): Promise<void> {
  const file = env["GITHUB_OUTPUT"];
  if (!file) return;
  const lines = Object.entries(values).map(([name, value]) => {
    if (/[\r\n]/.test(value)) throw new UserError(`${name}: a value of several lines is no output of a step`);
    return `${name}=${value}\n`;
  });
  await appendFile(file, lines.join(""));
}

/** Adds Markdown to what the host shows of this job (GITHUB_STEP_SUMMARY), where there is such a place. */
export async function jobSummary(markdown: string, env: NodeJS.ProcessEnv): Promise<void> {
  const file = env["GITHUB_STEP_SUMMARY"];
  if (file) await appendFile(file, `${markdown}\n`);
}
