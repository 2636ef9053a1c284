import { readFile, writeFile } from "node:fs/promises";
import { UserError } from "../../../components/program/errors.ts";
import { streamProgress } from "../../progress.ts";
import { obtainTools } from "../../tools/obtain.ts";
import { bringUp, prepare, REHEARSAL_PROGRAMS } from "../rehearse.ts";
import type { Answer, Order } from "./told.ts";

/** `node loader/run.mjs bring-up.ts ORDER.json`: brings a stack of this checkout up in a home, and leaves the cluster running there. */
async function broughtUp({ stack, project, home }: Order): Promise<Answer> {
  const progress = streamProgress();
  try {
    // Half an hour of building for another version's programs is more than a comparison is worth.
    await obtainTools(REHEARSAL_PROGRAMS, { progress, build: false });
    const rehearsal = await prepare({ stack, project, overrides: {}, home, progress, untried: true });
    await bringUp(rehearsal, progress);
    return { charts: rehearsal.charts.map(({ name, version, kind }) => ({ name, version, kind })) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { problems: error.problems };
  }
}

const [order = ""] = process.argv.slice(2);
const told = JSON.parse(await readFile(order, "utf8")) as Order;
await writeFile(told.answer, JSON.stringify(await broughtUp(told)));
// What an engine's program left waiting is nobody's any more.
process.exit();
