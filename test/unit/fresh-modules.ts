import { afterAll, vi } from "vitest";

// Test files share a process, and modules that one file has loaded serve the next. A file with `vi.mock` imports this first: what it loads
// is loaded anew, with what it puts in place of others, and nobody after it meets that.
vi.resetModules();
afterAll(() => {
  vi.resetModules();
});
