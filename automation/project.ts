import path from "node:path";
import { pathToFileURL } from "node:url";

/** Folder of this program: where Pulumi.yaml and the stack files lie. */
export const PROJECT_FOLDER = path.resolve(import.meta.dirname, "..");

/** For `node --import`: runs TypeScript, with the large packages loaded first. */
export const TYPESCRIPT = pathToFileURL(path.join(PROJECT_FOLDER, "typescript.mjs")).href;
