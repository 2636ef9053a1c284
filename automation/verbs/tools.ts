import { streamProgress } from "../progress.ts";
import { textTable } from "../report/table.ts";
import { obtainTools, type Tool } from "../tools/obtain.ts";
import { print } from "./print.ts";

/** Obtains programs, and says where each came from. */
export async function tools(names: readonly string[], { json }: { json?: true }): Promise<void> {
  const tools = await obtainTools(names, { progress: streamProgress() });
  print({ tools }, table(tools), json);
}

function table(tools: readonly Tool[]): string {
  return textTable(
    ["program", "version", "origin", "path"],
    tools.map((tool) => [tool.name, tool.version, tool.origin, tool.path]),
  );
}
