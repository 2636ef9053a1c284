import { repeats, withRules, type SectionRule } from "../schema/section-rules.ts";
import { backupSettings, type BackupConfig } from "./backup-config.ts";
import { PARTS } from "./parts.ts";

/** What lies below another's place is removed with that one's, and listed among them. */
const placesAreApart: SectionRule<BackupConfig> = {
  reads: [...PARTS],
  problems: (section) => {
    const places = PARTS.map((part) => [part, section[part].to] as const);
    const same = repeats(places).map(({ key, first }) => ({
      path: [key, "to"],
      message: `is the place of backup.${first} too: give each its own`,
    }));
    if (same.length > 0) return same;
    return places.flatMap(([part, to]) =>
      places
        .filter(([other, above]) => other !== part && to.startsWith(above))
        .map(([other]) => ({
          path: [part, "to"],
          message: `lies below the place of backup.${other}: give each its own`,
        })),
    );
  },
};

/** Schema of `vision-platform:backup`. */
export const backupConfig = withRules(backupSettings, [placesAreApart]);
