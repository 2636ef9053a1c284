import path from "node:path";
import { json } from "node:stream/consumers";
import { deliver, type Order } from "../../components/images/deliver.ts";
import { cacheFolder } from "../cache.ts";
import { PROJECT_FOLDER } from "../project.ts";

/**
 * The program of one delivery, which a command of the stack runs: `node --import tsx automation/images/deliver.ts < order.json`.
 * What goes wrong is said in a sentence on stderr, which the engine shows; never what was read from stdin, where the private key is.
 */
try {
  const { build, ...order } = (await json(process.stdin)) as Order;
  // Written from the checkout on, so that the order is the same in every checkout.
  const context = path.resolve(PROJECT_FOLDER, build.context);
  const said = await deliver(
    { ...order, build: { ...build, context } },
    { folder: path.join(cacheFolder(), "images"), env: process.env },
  );
  process.stdout.write(`${said}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
