/**
 * Text of charts, of objects and of people, as it can stand in a comment: it is shown as it is, closes nothing that it stands in, and calls
 * nobody. (Gitea, GitHub and GitLab take `@name` for a call in text, tables and `<code>`, not in code spans and fences.)
 */

/** What means something wherever it stands, or before or between what is no blank: addresses, calls of people, numbers of issues, pictures. */
const MARKUP = /[\\`*_[\]<>#|~&@$]|:(?=\S)|(?<=\S)\.(?=\S)|[!%](?=[\w"])|(?<=\bG[HL])-(?=\d)/gi;
/** What calls a person or names an issue when a word follows. */
const CALL = /[-@#~&$!%]/;
/** A blank without a width. */
const APART = "&#8203;";
/** What begins a list, a line or a heading. */
const AT_START = /^(?:[-+=]|\d+(?=[.)]))/;
/** Marks that turn what stands around them, or that nobody sees. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

/** In running text or a cell of a table. */
export function inText(text: string): string {
  const line = text.replace(/\s+/g, " ").replace(UNSEEN, "");
  // By number: a backslash does not keep every host from calling somebody.
  const coded = (mark: string) => `&#${mark.charCodeAt(0)};`;
  // GitHub and GitLab look for names and issues in the page that comes out, where a number is the mark again: there a blank keeps them apart, as
  // renovate and dependabot do it. (pull-requests.md, 1)
  const kept = (mark: string, at: number) =>
    CALL.test(mark) && /[\w"]/.test(line.charAt(at + 1)) ? `${coded(mark)}${APART}` : coded(mark);
  return line.replace(MARKUP, kept).replace(AT_START, (start) => coded(start) + start.slice(1));
}

/** As code within a line. */
export function inCode(text: string): string {
  const line = text.replace(/\s+/g, " ").replace(UNSEEN, "").replaceAll("|", "¦").trim();
  const fence = "`".repeat(longestRun([line]) + 1);
  const edge = line.startsWith("`") || line.endsWith("`") || line === "" ? " " : "";
  return `${fence}${edge}${line}${edge}${fence}`;
}

/** As a block of code that nothing in it can close. */
export function inFence(lines: readonly string[], language: string): string {
  const text = lines.map((line) =>
    line.replace(/[\r\n\u2028\u2029]/g, " ").replace(UNSEEN, (mark) => (mark === "\t" ? mark : "")),
  );
  const fence = "`".repeat(Math.max(2, longestRun(text)) + 1);
  return [`${fence}${language}`, ...text, fence].join("\n");
}

/** How many backticks stand together at most. (There may be more runs of them than a call takes arguments, or than lists of them are cheap.) */
function longestRun(lines: readonly string[]): number {
  let longest = 0;
  for (const line of lines) {
    let run = 0;
    for (let at = line.indexOf("`"); at >= 0 && at < line.length; at++) {
      run = line[at] === "`" ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
  }
  return longest;
}
