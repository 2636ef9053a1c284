import path from "node:path";

/** Folder of this program: where Pulumi.yaml and the stack files lie. */
export const PROJECT_FOLDER = path.resolve(import.meta.dirname, "..");

/** The file in this folder that stack files name in their first line, so that editors complete keys. */
export const SCHEMA_FILE = "stack.schema.json";

/** For `node`, before a file of ours and its arguments: runs TypeScript. */
export const RUN_TYPESCRIPT = path.join(PROJECT_FOLDER, "loader/run.mjs");
