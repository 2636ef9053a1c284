import type { Command } from "commander";

/** The verbs that a script runs, word by word: `npm run platform -- up --stack lab`. */
export function commandsOf(script: string): string[][] {
  return [...script.matchAll(/npm run (?:--silent )?platform -- ([^|&;\n]*)/g)].map(([, words = ""]) =>
    [...words.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ""),
  );
}

/** What the command line would say of a verb with these words; nothing: it takes them. */
export function problemsWith(tree: Command, words: readonly string[]): string[] {
  let command = tree;
  let at = 0;
  for (; at < words.length; at++) {
    const next = command.commands.find((one) => one.name() === words[at]);
    if (!next) break;
    command = next;
  }
  const shown = words.join(" ");
  if (command.commands.length > 0) return [`${shown}: there is no such verb`];
  const { unknown, operands } = parsed(command, words.slice(at));
  const given = new Set(words.filter((word) => word.startsWith("--")));
  const missing = command.options.filter(
    ({ mandatory, long, defaultValue }) => mandatory && defaultValue === undefined && !given.has(long ?? ""),
  );
  return [
    ...unknown.map((word) => `${shown}: ${command.name()} does not take ${word}`),
    ...missing.map(({ long }) => `${shown}: ${command.name()} needs ${long ?? ""}`),
    ...(operands.length > command.registeredArguments.length ? [`${shown}: too many words`] : []),
  ];
}

/** A variable of the shell stands for a value that only a run knows: no option may judge it now. */
function parsed(command: Command, words: readonly string[]): ReturnType<Command["parseOptions"]> {
  for (const option of command.options) option.parseArg = undefined;
  return command.parseOptions([...words]);
}
