/** A script that aborts what it has begun, run as a process of its own: how each operation ended, line by line. */
import { openLab, Stopped, type Progress } from "../../automation/index.ts";

const [stack = "", folder = ""] = process.argv.slice(2);
let abort: () => void = () => undefined;
/** Aborts as soon as the engine has done something. */
const progress: Progress = {
  line: () => undefined,
  task: (_title, work) => work({ update: () => abort() }),
};
const lab = await openLab({ stack, folder, progress });

function inTheMiddle(operation: (options: { signal: AbortSignal }) => Promise<unknown>): Promise<unknown> {
  const controller = new AbortController();
  abort = () => controller.abort();
  return operation({ signal: controller.signal });
}

async function say(what: string, operation: Promise<unknown>): Promise<void> {
  const ending = await operation.then(
    () => "done",
    (error: unknown) => (error instanceof Stopped ? error.message : `another error: ${String(error)}`),
  );
  console.log(`${what}: ${ending}`);
}

await say("before", lab.up({ signal: AbortSignal.abort() }));
await say(
  "in the middle",
  inTheMiddle((options) => lab.up(options)),
);
await say(
  "drift",
  inTheMiddle((options) => lab.drift(options)),
);
