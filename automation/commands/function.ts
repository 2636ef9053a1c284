import { Command, InvalidArgumentError } from "commander";
import { ANSWERED_WITHIN_MS } from "../../components/nuclio/names.ts";
import type { StackFlags } from "../verbs/flags.ts";
import type { InvokeFlags, LogsFlags, RemoveFlags } from "../verbs/function.ts";
import { share, stackCommand, wholeNumber } from "./common.ts";

/** `function`: the models CVAT's people choose among, day by day. */
export function functionCommand(): Command {
  return new Command("function")
    .description("deploy, list, read, call and remove the functions that annotate in CVAT")
    .addCommand(
      stackCommand("deploy", "deploy one function of the stack file, and nothing else of it", "function deploy yolo11x")
        .argument("<name>", "the function's key below vision-platform:functions")
        .action(async (name: string, flags: StackFlags) =>
          (await import("../verbs/function-deploy.ts")).deploy(name, flags),
        ),
    )
    .addCommand(
      stackCommand("list", "every function of Nuclio, and what CVAT says about each", "function list").action(
        async (flags: StackFlags) => (await work()).list(flags),
      ),
    )
    .addCommand(
      stackCommand("logs", "the end of a function's log, from every pod", "function logs yolo11x --tail 50")
        .argument("<name>", "the function")
        .option("--tail <lines>", "how many lines of each pod", wholeNumber, 100)
        .action(async (name: string, flags: LogsFlags) => (await work()).logs(name, flags)),
    )
    .addCommand(
      stackCommand("invoke", "send a picture and print the boxes", "function invoke yolo11x street.jpg --threshold 0.4")
        .argument("<name>", "the function")
        .argument("<picture>", "a picture file: JPEG, PNG, ...")
        .option("--threshold <share>", "least confidence, 0 to 1 (default: the function's own)", share)
        .option("--timeout <seconds>", "how long to wait for the answer, 60 at most", answerTime, 60)
        .action(async (name: string, picture: string, flags: InvokeFlags) =>
          (await work()).invoke(name, picture, flags),
        ),
    )
    .addCommand(
      stackCommand("remove", "remove a function; without --yes only say what would go", "function remove old --yes old")
        .argument("<name>", "the function")
        .option("--yes <name>", "do it; its name once more, so that none goes by mistake")
        .action(async (name: string, flags: RemoveFlags) => (await work()).remove(name, flags)),
    );
}

const work = () => import("../verbs/function.ts");

/** No answer through Nuclio's dashboard comes later. */
function answerTime(text: string): number {
  const seconds = wholeNumber(text);
  if (seconds * 1000 > ANSWERED_WITHIN_MS)
    throw new InvalidArgumentError(
      `must be at most ${ANSWERED_WITHIN_MS / 1000}: the web server in front of Nuclio's dashboard gives up then.`,
    );
  return seconds;
}
