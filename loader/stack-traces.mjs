// @ts-check
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * Has stack traces name the sources of what is compiled below a folder. A map is read when the first trace needs it, and only ours: Node's
 * own `--enable-source-maps` reads, at each start, those of every package too.
 * @param {string} compiled
 */
export function showSources(compiled) {
  const ours = pathToFileURL(`${compiled}/`).href;
  /** @type {Map<string, SourceMap | undefined>} */
  const maps = new Map();
  // The SDK takes a trace with each promise, a thousand from the same places in one run.
  /** @type {Map<string, string>} */
  const known = new Map();
  /** @param {NodeJS.CallSite} frame */
  const shown = (frame) => {
    const text = String(frame);
    const file = frame.getFileName();
    if (!file?.startsWith(ours)) return text;
    const found = known.get(text) ?? inSource(frame, text, file);
    known.set(text, found);
    return found;
  };
  /**
   * @param {NodeJS.CallSite} frame
   * @param {string} text
   * @param {string} file
   */
  const inSource = (frame, text, file) => {
    if (!maps.has(file)) maps.set(file, mapOf(file));
    const [line, column] = [frame.getLineNumber() ?? 1, frame.getColumnNumber() ?? 1];
    const found = maps.get(file)?.findEntry(line - 1, column - 1);
    if (!found || !("originalSource" in found)) return text;
    const source = new URL(found.originalSource, file).href;
    return text.replace(
      `${file}:${line}:${column}`,
      () => `${source}:${found.originalLine + 1}:${found.originalColumn + 1}`,
    );
  };
  Error.prepareStackTrace = (error, frames) =>
    [headOf(error), ...frames.map((frame) => `    at ${shown(frame)}`)].join("\n");
}

/** @param {string} file */
function mapOf(file) {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(file)}.map`, "utf8")));
  } catch {
    return undefined;
  }
}

/** @param {Error} error */
function headOf(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}
