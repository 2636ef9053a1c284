import * as pulumi from "@pulumi/pulumi";
import { parseLab } from "./parse.ts";
import { PROJECT, type LabConfig } from "./sections.ts";
import { refusalOf } from "./refusal.ts";
import type { Problem } from "../schema/problems.ts";
import { missingSecrets } from "./required-secrets.ts";
import { RunError } from "../program/run-errors.ts";

/** The sections of the running stack's file, with what is no map. The one place where the program reads configuration. */
export function readSections(): { sections: Record<string, unknown>; problems: Problem[] } {
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
  return { sections, problems };
}

/**
 * The lab as the running stack configures it.
 * @param inFiles what is wrong with files that the stack names
 * @throws RunError with every problem of the stack file at once; shown without a stack trace.
 */
export function readLab(inFiles: readonly Problem[] = []): LabConfig {
  const { sections, problems } = readSections();
  const parsed = parseLab(sections);
  const all = [...problems, ...parsed.problems, ...inFiles, ...(parsed.lab ? missingSecrets(parsed.lab) : [])];
  if (parsed.lab === undefined || all.length > 0) {
    throw new RunError(refusalOf(`The configuration of stack ${pulumi.getStack()}`, all).join("\n"));
  }
  return parsed.lab;
}
