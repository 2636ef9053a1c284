// With `node --require`: tells at the end, on the fourth file, the CPU time that the process took, all its threads together, in microseconds.
process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  require("node:fs").writeSync(3, String(user + system));
});
