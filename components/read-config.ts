import * as pulumi from "@pulumi/pulumi";
import { parseLab, PROJECT, type LabConfig } from "./config.ts";
import { problemList, type Problem } from "./problems.ts";
import { missingSecrets } from "./required-secrets.ts";
import { RunError } from "./program-errors.ts";

/**
 * The lab as the running stack configures it. The one place where the program reads configuration.
 * @throws RunError with every problem of the stack file at once; shown without a stack trace.
 */
export function readLab(): LabConfig {
  const problems: Problem[] = [];
  const sections: Record<string, unknown> = {};
  const prefix = `${PROJECT}:`;
  for (const [key, text] of Object.entries(pulumi.runtime.allConfig())) {
    if (!key.startsWith(prefix)) continue;
    const name = key.slice(prefix.length);
    try {
      sections[name] = text === "" ? undefined : JSON.parse(text);
    } catch {
      problems.push({ path: key, message: "Must be a map of keys, not text." });
    }
  }
  const parsed = parseLab(sections);
  const all = [...problems, ...parsed.problems, ...(parsed.lab ? missingSecrets(parsed.lab) : [])];
  if (parsed.lab === undefined || all.length > 0) {
    const title = `The configuration of stack ${pulumi.getStack()} has ${all.length} problem(s):`;
    throw new RunError(problemList(title, all).join("\n"));
  }
  return parsed.lab;
}
