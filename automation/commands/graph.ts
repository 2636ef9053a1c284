import type { Command } from "commander";
import type { GraphFlags } from "../verbs/graph.ts";
import { stackCommand } from "./common.ts";

/** `graph`: the lab as a picture. */
export function graphCommand(): Command {
  return stackCommand(
    "graph",
    "the lab as a Mermaid flowchart: people, addresses, systems, stores, and what goes between them",
    "graph --stack homelab > lab.mmd",
  )
    .option("--plan", "mark what up would change, which a preview finds out")
    .action(async (flags: GraphFlags) => (await import("../verbs/graph.ts")).graph(flags));
}
