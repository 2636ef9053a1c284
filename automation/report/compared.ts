/** What a rehearsed preview compared with what. */
export interface Compared {
  /** Undefined: no commit could be named. */
  base: { name: string; commit: string } | undefined;
  /** The files as they lay there. Undefined: they are in no git repository. */
  head: { commit: string; changed: boolean } | undefined;
  /** Why there was nothing to compare with; undefined where there was. */
  alone: string | undefined;
  /** What to know of the comparison, each in one sentence. */
  notes: readonly string[];
}

const SHORT = 12;

/** Sentences for a person. */
export function comparedText({ base, head, alone, notes }: Compared): string[] {
  const files = headText(head);
  const first =
    alone === undefined
      ? `Rehearsed without the lab: ${baseText(base)} was brought up on a rehearsal cluster, and ${files} previewed on what it left.`
      : `Rehearsed without the lab: ${files} alone. Not compared with ${baseText(base)}: ${alone}.`;
  return [first, ...notes];
}

function baseText(base: Compared["base"]): string {
  if (base === undefined) return "an earlier version";
  const commit = base.commit.slice(0, SHORT);
  return base.commit.startsWith(base.name) ? commit : `${base.name} (${commit})`;
}

function headText(head: Compared["head"]): string {
  if (head === undefined) return "the files as they are";
  return `the files at ${head.commit.slice(0, SHORT)}${head.changed ? " with what is not committed" : ""}`;
}
