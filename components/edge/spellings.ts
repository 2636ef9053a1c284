/**
 * A header's name in all spellings that a server behind the edge may take for it: each dash may be an underscore, which uvicorn and CGI make
 * the same variable of, or a dot. An edge takes the one spelling away that it is told. (sign-in-parts.md 4)
 */
export function spellingsOf(header: string): string[] {
  const [first = "", ...others] = header.split("-");
  return others.reduce<string[]>(
    (names, part) => names.flatMap((name) => ["-", "_", "."].map((sign) => `${name}${sign}${part}`)),
    [first],
  );
}
