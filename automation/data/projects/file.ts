import { readFile } from "node:fs/promises";
import { isNode, LineCounter, parseDocument, type Document } from "yaml";
import {
  projectConfig,
  projectProblems,
  type ProjectConfig,
} from "../../../components/cvat/projects/project-config.ts";
import { UserError } from "../../../components/program/errors.ts";
import { pathText, problemsOf, showable } from "../../../components/schema/problems.ts";

/**
 * Reads a file that describes a project.
 * @throws UserError, exit code 2, with every problem by its line
 */
export async function readProjectFile(file: string): Promise<ProjectConfig> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new UserError(`${file} cannot be read: ${(error as Error).message}`, { exitCode: 2 });
  });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const refuse = (problems: readonly string[]) =>
    new UserError([`${file} has ${problems.length} problem(s):`, ...problems], { exitCode: 2 });
  if (document.errors.length > 0)
    throw refuse(
      document.errors.map(
        ({ message, pos }) =>
          `  line ${lines.linePos(pos[0]).line}: ${message.split("\n")[0]?.replace(/ at line .*$/, "") ?? ""}`,
      ),
    );
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  const parsed = projectConfig.safeParse(value);
  const lineOf = (path: readonly PropertyKey[]) => lines.linePos(offsetOf(document, path)).line;
  const byOwn = parsed.success
    ? []
    : parsed.error.issues.flatMap((issue) =>
        problemsOf("project", projectConfig, [issue]).map((problem) => {
          const key =
            issue.code === "unrecognized_keys" ? issue.keys.find((one) => problem.path.endsWith(one)) : undefined;
          return { line: lineOf(key === undefined ? issue.path : [...issue.path, key]), ...showable(problem) };
        }),
      );
  const byRules = parsed.success
    ? projectProblems(parsed.data).map(({ path, message }) => ({
        line: lineOf(path),
        ...showable({ path: pathText("project", path), message: `${message}.` }),
      }))
    : [];
  const problems = [...byOwn, ...byRules].sort((one, other) => one.line - other.line);
  if (problems.length > 0)
    throw refuse(
      problems.map(
        ({ line, path, message }) =>
          `  line ${line}: ${path.replace(/^project\.?/, "")}${path === "project" ? "" : ": "}${message}`,
      ),
    );
  if (!parsed.success) throw parsed.error;
  return parsed.data;
}

/** Where a value stands, or what is nearest around it. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return isNode(document.contents) ? (document.contents.range?.[0] ?? 0) : 0;
}
