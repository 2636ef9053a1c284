// @ts-check
// `node loader/run.mjs FILE.ts ARGUMENTS...`: as `node FILE.ts ARGUMENTS...` would be, if Node read TypeScript.
import path from "node:path";
import { load } from "./load.mjs";

const [node = "", , file = "", ...words] = process.argv;
const entry = path.resolve(file);
process.argv = [node, entry, ...words];
await load(entry);
