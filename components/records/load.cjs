// Runs in the engine's provider process, which is plain Node and reads CommonJS alone: loads the handler of a record by tsx.
const path = require("node:path");
const { pathToFileURL } = require("node:url");

/** One tsx for all handlers: what two of them import is read once. */
let tsx;

/** Records call their systems as the program itself does, by the proxy of the environment. */
let proxy;

/**
 * The `record` that a module exports.
 * @param {string} handler relative to `components/`, without its ending
 */
module.exports = async function load(handler) {
  tsx ??= import("tsx/esm/api").then(({ register }) => register({ namespace: "records" }));
  const load = async (name) => {
    const file = pathToFileURL(path.resolve(__dirname, "..", `${name}.ts`)).href;
    return (await tsx).import(file, file);
  };
  proxy ??= load("../automation/proxy").then(({ useEnvironmentProxy }) => useEnvironmentProxy());
  await proxy;
  return (await load(handler)).record;
};
