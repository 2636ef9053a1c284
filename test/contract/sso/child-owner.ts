/** A process that starts a script as a test does, and says what that says: `node loader/run.mjs FILE SCRIPT`. */
import { startChild } from "./child.ts";

const child = startChild(["sh", "-c", process.argv[2] ?? ""]);
setInterval(() => process.stdout.write(`${child.said()}\n`), 50);
