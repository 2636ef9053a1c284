import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Realm } from "./model.ts";

interface State {
  /** What tokens are signed with. */
  key: string;
  realms: Realm[];
}

/** What the stand-in remembers: in a file by the time it answers. */
export class Store {
  readonly #file: string;
  readonly state: State;

  constructor(folder: string) {
    this.#file = path.join(folder, "realms.json");
    this.state = existsSync(this.#file)
      ? (JSON.parse(readFileSync(this.#file, "utf8")) as State)
      : { key: randomBytes(32).toString("hex"), realms: [] };
  }

  save(): void {
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.state), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}
