import { SYSTEMS, type InstalledVersions, type System } from "./versions.ts";

/** Parts of which another version is another release: both may change what lies in the database. */
const PARTS = ["server", "chart"] as const;

/** A system that goes to another release than the one that is there. */
export interface Move {
  system: System;
  part: (typeof PARTS)[number];
  /** `2.48.1`; of a run that ended half-way, each. */
  from: readonly string[];
  to: string;
  /** Whether an earlier run has begun it, and not ended: what a backup was to keep may be changed by now. */
  isUnderWay: boolean;
}

/** Systems that go to another release. One that is not there yet, or will not be, goes nowhere. */
export function movesOf(before: InstalledVersions, after: InstalledVersions): Move[] {
  return SYSTEMS.flatMap((system) => {
    const moved = PARTS.flatMap((part): Move[] => {
      const [to] = after[system][part] ?? [];
      const all = before[system][part] ?? [];
      const from = all.filter((version) => to !== undefined && plain(version) !== plain(to));
      return to === undefined || from.length === 0
        ? []
        : [{ system, part, from, to, isUnderWay: from.length < all.length }];
    });
    const [first] = moved;
    return first ? [{ ...first, isUnderWay: moved.some(({ isUnderWay }) => isUnderWay) }] : [];
  });
}

/** A part that is named by a whole image is known by the tag alone to the workload that runs it. */
const plain = (version: string) =>
  (version.split("@")[0] ?? "").split("/").at(-1)?.split(":").at(-1)?.replace(/^v/, "");
