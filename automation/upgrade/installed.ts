import * as auto from "@pulumi/pulumi/automation/index.js";
import { versionsIn, type InstalledVersions } from "../../components/preflight/versions.ts";
import { UserError } from "../../components/program/errors.ts";
import { openUserStack } from "../engine/door.ts";
import { readState } from "../engine/stored-state.ts";
import { streamProgress } from "../progress.ts";

/** The versions that the stack's state knows; of a stack that the backend does not know, none. */
export async function installedIn({
  stack: name,
  folder,
}: {
  stack: string;
  folder: string;
}): Promise<InstalledVersions> {
  try {
    const { stack } = await openUserStack({
      stack: name,
      folder,
      create: false,
      reads: true,
      progress: streamProgress(),
    });
    return versionsIn((await readState(stack)).deployment.resources ?? []);
  } catch (error) {
    if (error instanceof UserError && error.cause instanceof auto.StackNotFoundError) return versionsIn([]);
    throw error;
  }
}
