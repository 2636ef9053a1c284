import { fitting, type Block, type Room } from "./fitting.ts";

/** A text of Markdown that is longer than a comment may be, without its last parts: fences and details that it opens are closed. */
export function fittedMarkdown(text: string, room: Room): string {
  if (text.length <= room.characters) return text;
  const parts = blocksOf(text);
  // What stands first is what a person should see.
  const blocks = parts.map((part, at): Block => ({ text: part, what: nameOf(part), worth: parts.length - at }));
  return fitting(blocks, room);
}

/** Parts between blank lines that stand in no fence and no details. */
function blocksOf(text: string): string[] {
  const blocks: string[][] = [[]];
  let fence = "";
  let details = 0;
  for (const line of text.split(/\r?\n/)) {
    const [, marks = ""] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence === "") {
      fence = marks;
      if (marks === "") details += opened(line);
    } else if (marks.startsWith(fence) && line.trim() === marks) fence = "";
    if (line.trim() === "" && fence === "" && details <= 0) blocks.push([]);
    else blocks.at(-1)?.push(line);
  }
  return blocks.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
}

function opened(line: string): number {
  return (line.match(/<details\b/gi)?.length ?? 0) - (line.match(/<\/details>/gi)?.length ?? 0);
}

/** What a part is called in the list of what is left out. */
function nameOf(part: string): string {
  const line = part.split("\n")[0] ?? "";
  return (
    line
      .replace(/<[^>]*>/g, "")
      .replace(/&#\d+;/g, "")
      .replace(/^[#\s|>-]+/, "")
      .trim()
      .slice(0, 60) || "a part"
  );
}
