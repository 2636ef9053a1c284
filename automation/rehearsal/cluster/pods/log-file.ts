import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What the newest container of a name has said: the log that kwok shows of it. Of backups one is at work at a time. */
export const logFile = (home: string, container: string): string => path.join(home, "pods", `${container}.log`);

/** Writes what a container says, a line each, as a kubelet's runtime does. (kubernetes: CRI logging format) */
export class ContainerLog {
  readonly #file: string;
  readonly #rest: Record<"stdout" | "stderr", string> = { stdout: "", stderr: "" };

  /** Begins anew. */
  constructor(file: string) {
    this.#file = file;
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, "");
  }

  take(stream: "stdout" | "stderr", piece: string): void {
    const lines = (this.#rest[stream] + piece).split("\n");
    this.#rest[stream] = lines.pop() ?? "";
    for (const line of lines) appendFileSync(this.#file, `${new Date().toISOString()} ${stream} F ${line}\n`);
  }
}
