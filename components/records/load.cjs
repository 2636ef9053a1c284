// Runs in the engine's provider process, which is plain Node and reads CommonJS alone: loads the handler of a record by tsx.
const path = require("node:path");
const { pathToFileURL } = require("node:url");

const loaded = new Map();

/**
 * The `record` that a module exports, read once per process.
 * @param {string} handler relative to `components/`, without its ending
 */
module.exports = async function load(handler) {
  const { tsImport } = await import("tsx/esm/api");
  const file = pathToFileURL(path.resolve(__dirname, "..", `${handler}.ts`)).href;
  if (!loaded.has(file)) loaded.set(file, tsImport(file, file));
  return (await loaded.get(file)).record;
};
