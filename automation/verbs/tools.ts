import { streamProgress } from "../progress.ts";
import { textTable } from "../report/table.ts";
import { obtainTools, type Tool } from "../tools/obtain.ts";
import type { Way } from "../tools/ways.ts";
import { print } from "./print.ts";

/** Obtains programs, and says where each came from. */
export async function tools(names: readonly string[], { from, json }: { from?: Way; json?: true }): Promise<void> {
  const tools = await obtainTools(names, { from, progress: streamProgress() });
  print({ tools }, table(tools), json);
}

function table(tools: readonly Tool[]): string {
  return textTable(
    ["program", "version", "from", "path"],
    tools.map((tool) => [tool.name, tool.version, cameFrom(tool), tool.path]),
  );
}

/** Where a program came from, and who vouches for it: `cache: release, publisher's sha256`. */
export function cameFrom({ origin, release }: Pick<Tool, "origin" | "release">): string {
  if (origin === "path") return "PATH";
  const sum = release?.checkedBy === "pinned" ? "pinned sha256" : "publisher's sha256";
  const made = release ? `release, ${sum}` : "Go";
  return origin === "cache" ? `cache: ${made}` : made;
}
