import { expect, it } from "vitest";
import { reasonIn } from "../../automation/rehearsal/base/base.ts";

// As Node 20 and the loader print them.
it.each([
  [
    "an error that nobody caught",
    'file:///x/entry.mjs:2\nthrow new Error("no such chart");\n      ^\n\nError: no such chart\n    at file:///x/index.ts:1:7\n\nNode.js v20.20.2',
    "Error: no such chart",
  ],
  [
    "an error with a code",
    "node:internal/errors:1\n\nTypeError [ERR_INVALID_ARG_TYPE]: the path must be a string\n    at x\n\nNode.js v20.20.2",
    "TypeError [ERR_INVALID_ARG_TYPE]: the path must be a string",
  ],
  [
    "a source that does not compile",
    'node:internal/run_main:1\n    ^\n\n[The program does not compile.\nBuild failed with 1 error:\nengine/stack.ts:3:7: ERROR: No matching export in "index.ts" for import "default"]\n\nNode.js v20.20.2',
    'engine/stack.ts:3:7: ERROR: No matching export in "index.ts" for import "default"',
  ],
  ["something else", "tsx: killed\nout of memory\n", "out of memory"],
])("the reason of %s", (_, stderr, reason) => expect(reasonIn(stderr)).toBe(reason));
