import type { RehearsalChart } from "../charts.ts";
import type { BaseRecord } from "./told.ts";

type Charts = readonly Pick<RehearsalChart, "name" | "version" | "kind" | "note">[];

/** Charts of which the base has a miniature and the head the real one of the same version, or the other way round. */
export function unlike(base: BaseRecord, head: Charts): Charts {
  return head.filter(
    ({ name, version, kind }) =>
      kind !== "named" &&
      base.charts.some((other) => other.name === name && other.version === version && other.kind !== kind),
  );
}

/** What to know of the head's charts and versions, beside the base's. */
export function chartNotes(base: BaseRecord | undefined, head: Charts): string[] {
  const notes = head.filter(({ kind }) => kind !== "locked").map(({ name, note }) => `Chart ${name}: ${note}.`);
  const others = base ? unlike(base, head).map(({ name }) => name) : [];
  if (others.length === 0) return notes;
  return [
    ...notes,
    `Of ${others.join(" and ")} the base had another kind of chart than this: not each difference is a change.`,
  ];
}

/** What to know of versions that the stack file itself does not allow. */
export function untriedNotes(sections: readonly string[]): string[] {
  return sections.map(
    (section) =>
      `The versions of ${section} are none that are known to work together: they were allowed for this rehearsal alone, and up refuses them until there is a row for them, or ${section}.allowUnknownVersions: true.`,
  );
}

/** What to know of the stack file's secrets, which nobody opened. */
export function secretNotes(base: string | undefined, head: string): string[] {
  if (base === undefined || saltOf(base) === saltOf(head)) return [];
  return ["The stack file's passphrase is another than the base's: each of its secrets looks changed."];
}

const saltOf = (text: string) => /^encryptionsalt:\s*(\S+)/m.exec(text)?.[1];
