import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { signInEdge } from "../fixtures/edge/lab.ts";

const PAGE = readFileSync(path.resolve(import.meta.dirname, "../../docs/sign-in.md"), "utf8");
const rows = PAGE.split("\n")
  .filter((line) => line.startsWith("| `/"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

it("docs/sign-in.md has each route with who comes in and why", () => {
  const { routes } = signInEdge({ sso: { backchannelLogout: true } }).edge;
  const expected = routes.map(({ paths, entry, why }) => [
    paths.map((one) => `\`${"exact" in one ? one.exact : one.below}\``).join(", "),
    entry,
    why,
  ]);
  const sorted = (table: string[][]) => table.map((row) => row.join(" | ")).sort();
  expect(sorted(rows.filter(([, entry]) => ["session", "token", "open"].includes(entry ?? "")))).toEqual(
    sorted(expected),
  );
});
