import { isMap, isScalar, isSeq, parseDocument } from "yaml";
import { UserError } from "../../../components/program/errors.ts";

/**
 * Names of classes in the order of their numbers: `obj.names` and `classes.txt` have one a line, `data.yaml` has `names`, a list or a map by
 * number.
 * @param file its name, for the format and for what is said of it
 * @throws UserError, exit code 2, naming the file
 */
export function classNames(file: string, text: string): string[] {
  const names = /\.ya?ml$/i.test(file) ? namesInYaml(file, text) : linesWithNames(text);
  const problems = [
    ...(names.length === 0 ? [`${file} names no classes.`] : []),
    ...names.flatMap((name, number) => (name === "" ? [`${file}: class ${number} has no name.`] : [])),
    ...repeated(names).map(
      (name) => `${file} names two classes ${JSON.stringify(name)}: CVAT's labels differ by name.`,
    ),
  ];
  if (problems.length > 0) throw new UserError(problems, { exitCode: 2 });
  return names;
}

function linesWithNames(text: string): string[] {
  const lines = text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .map((line) => line.trim());
  return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
}

function namesInYaml(file: string, text: string): string[] {
  const document = parseDocument(text.replace(/^\ufeff/, ""));
  const [broken] = document.errors;
  if (broken) throw new UserError(`${file} is no YAML: ${broken.message.split("\n")[0] ?? ""}`, { exitCode: 2 });
  const names: unknown = document.get("names");
  if (isSeq(names)) return names.items.map(nameOf);
  if (!isMap(names)) return [];
  const byNumber = new Map(names.items.map(({ key, value }) => [Number(nameOf(key)), nameOf(value)]));
  const missing = Array.from({ length: byNumber.size }, (_, number) => number).filter((one) => !byNumber.has(one));
  if (missing.length > 0)
    throw new UserError(
      `${file}: the numbers below names go from 0 on without a gap; ${missing.join(", ")} is not there.`,
      {
        exitCode: 2,
      },
    );
  return Array.from({ length: byNumber.size }, (_, number) => byNumber.get(number) ?? "");
}

/** As it is written: `yes` and `1` are names of classes. */
function nameOf(node: unknown): string {
  return isScalar(node) ? (node.source ?? String(node.value)).trim() : "";
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, at) => name !== "" && names.indexOf(name) !== at))];
}
