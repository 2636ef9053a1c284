/**
 * Text of charts, of objects and of people, as it can stand in a comment: it is shown as it is, closes nothing that it stands in, and calls
 * nobody. (Gitea, GitHub and GitLab take `@name` for a call in text, tables and `<code>`, not in code spans and fences.)
 */

/** What means something wherever it stands, or before or between what is no blank: addresses, calls of people, numbers of issues, pictures. */
const MARKUP = /[\\`*_[\]<>#|~&@$]|:(?=\S)|(?<=\S)\.(?=\S)|[!%](?=\w)/g;
/** What begins a list, a line or a heading. */
const AT_START = /^(?:[-+=]|\d+(?=[.)]))/;
/** Marks that turn what stands around them, or that nobody sees. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

/** In running text or a cell of a table. */
export function inText(text: string): string {
  const line = text.replace(/\s+/g, " ").replace(UNSEEN, "");
  // By number: a backslash does not keep every host from calling somebody.
  const coded = (mark: string) => `&#${mark.charCodeAt(0)};`;
  return line.replace(MARKUP, coded).replace(AT_START, (start) => coded(start) + start.slice(1));
}

/** As code within a line. */
export function inCode(text: string): string {
  const line = text.replace(/\s+/g, " ").replace(UNSEEN, "").replaceAll("|", "¦").trim();
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const edge = line.startsWith("`") || line.endsWith("`") || line === "" ? " " : "";
  return `${fence}${edge}${line}${edge}${fence}`;
}

/** As a block of code that nothing in it can close. */
export function inFence(lines: readonly string[], language: string): string {
  const text = lines.map((line) =>
    line.replace(/[\r\n\u2028\u2029]/g, " ").replace(UNSEEN, (mark) => (mark === "\t" ? mark : "")),
  );
  const longest = Math.max(2, ...text.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)));
  const fence = "`".repeat(longest + 1);
  return [`${fence}${language}`, ...text, fence].join("\n");
}
