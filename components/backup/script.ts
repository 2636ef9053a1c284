import { readdirSync, readFileSync } from "node:fs";

const FOLDER = new URL("./script/", import.meta.url);

/** The Python that makes backups and puts them back, by file name. */
export const BACKUP_SCRIPT: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith(".py"))
    .sort()
    .map((file) => [file, readFileSync(new URL(file, FOLDER), "utf8")]),
);
