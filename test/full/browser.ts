import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { execa } from "execa";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** A page as a browser has it once its scripts have run, as HTML; it reaches no network. */
export async function rendered(page: string): Promise<string> {
  return inBrowser(page, ["--dump-dom"]).then(({ stdout }) => stdout);
}

/** A picture of a page, as PNG in `file`. */
export async function pictured(page: string, file: string, [width, height]: readonly [number, number]): Promise<void> {
  await inBrowser(page, [`--screenshot=${file}`, `--window-size=${width},${height}`, "--hide-scrollbars"]);
}

async function inBrowser(page: string, what: readonly string[]) {
  const folder = await mkdtemp(path.join(tmpdir(), "vision-platform-page-"));
  try {
    const file = path.join(folder, "page.html");
    await writeFile(file, page);
    const calm = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${folder}`];
    const noNetwork = "--host-resolver-rules=MAP * ~NOTFOUND";
    return await execa(
      browser(),
      [...calm, noNetwork, "--virtual-time-budget=20000", ...what, pathToFileURL(file).href],
      {
        timeout: 120_000,
      },
    );
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function browser(): string {
  const found = chromiumProgram();
  if (found === undefined) throw new Error("There is no Chromium on PATH. On Debian: apt-get install chromium");
  return found;
}

/** Chromium of this machine; undefined where there is none. */
export function chromiumProgram(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name))).find((file) => existsSync(file));
}
