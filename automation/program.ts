import { Command } from "commander";
import project from "../package.json" with { type: "json" };
import { annotationsCommand } from "./commands/annotations.ts";
import { backupCommand } from "./commands/backup.ts";
import { benchCommand } from "./commands/bench.ts";
import { chartsCommand } from "./commands/charts.ts";
import { ciCommand } from "./commands/ci.ts";
import { clearmlCommand } from "./commands/clearml.ts";
import { commentCommand } from "./commands/comment.ts";
import { configCommand } from "./commands/config.ts";
import { cvatCommand } from "./commands/cvat.ts";
import { datasetCommand } from "./commands/dataset.ts";
import { destroyCommand } from "./commands/destroy.ts";
import { driftCommand } from "./commands/drift.ts";
import { functionCommand } from "./commands/function.ts";
import { graphCommand } from "./commands/graph.ts";
import { imagesCommand } from "./commands/images.ts";
import { issueCommand } from "./commands/issue.ts";
import { keycloakCommand } from "./commands/keycloak.ts";
import { openCommand } from "./commands/open.ts";
import { outputsCommand } from "./commands/outputs.ts";
import { previewCommand } from "./commands/preview.ts";
import { projectCommand } from "./commands/project.ts";
import { recoverCommand } from "./commands/recover.ts";
import { rehearseCommand } from "./commands/rehearse.ts";
import { smokeCommand } from "./commands/smoke.ts";
import { stateCommand } from "./commands/state.ts";
import { taskCommand } from "./commands/task.ts";
import { toolsCommand } from "./commands/tools.ts";
import { upCommand } from "./commands/up.ts";
import { upgradeCommand } from "./commands/upgrade.ts";

const VERBS = [
  rehearseCommand,
  toolsCommand,
  configCommand,
  chartsCommand,
  previewCommand,
  commentCommand,
  upCommand,
  driftCommand,
  upgradeCommand,
  destroyCommand,
  recoverCommand,
  outputsCommand,
  graphCommand,
  stateCommand,
  openCommand,
  smokeCommand,
  backupCommand,
  imagesCommand,
  datasetCommand,
  projectCommand,
  taskCommand,
  functionCommand,
  annotationsCommand,
  cvatCommand,
  clearmlCommand,
  keycloakCommand,
  ciCommand,
  issueCommand,
  benchCommand,
];

/** Every verb with its flags. Running it is cli.ts's. */
export function commandTree(): Command {
  const program = new Command("vision-platform")
    .description("A self-hosted computer-vision lab on K3s: CVAT, Nuclio, ClearML and MinIO from one Pulumi program.")
    .version(project.version);
  for (const verb of VERBS) program.addCommand(verb());
  return program;
}

/** The verb below a command that it is for where none is named; commander tells nobody. (commander 14: lib/command.js) */
export function defaultVerb(command: Command): Command | undefined {
  const name = (command as unknown as { _defaultCommandName: string | null })._defaultCommandName;
  return command.commands.find((one) => one.name() === name);
}
