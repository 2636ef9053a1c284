// No circle of files and none of folders, types included: `npm run rooms`, which `npm run lint` runs.
// A folder is taken with all below it, so a room may have rooms of its own.
export default {
  forbidden: [
    {
      name: "no-circle-of-files",
      comment: "Take what both need into a file of its own, below the two.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-circle-of-folders",
      comment: "Move the file to the room whose subject it is, or hand in what it asks for.",
      severity: "error",
      scope: "folder",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-tests-in-the-product",
      comment: "What the product ships does not live among the tests.",
      severity: "error",
      from: { path: "^(index\\.ts|components|provider|automation)" },
      to: { path: "^test/" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "node_modules" },
  },
};
