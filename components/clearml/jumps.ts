import { across, backAcross, toOlderMinor, type Jump } from "../charts/jumps.ts";

/** Steps between versions of ClearML that are known to go wrong. */
export const CLEARML_JUMPS: readonly Jump<"server">[] = [
  {
    id: "clearml-goes-back",
    part: "server",
    between: "to an older release",
    isMade: toOlderMinor,
    why: "ClearML's server changes its database at the first start of a release, and an older one has no way to change it back.",
    steps: [
      "Stay where you are, or restore the backups of MongoDB and Elasticsearch that were made with the older release.",
    ],
    source:
      "clearml-server: apiserver/mongo/initialize/migration.py applies what is newer than the database, and only that",
  },
  {
    id: "clearml-dragonfly",
    part: "chart",
    between: "over 7.15.0, in either direction",
    isMade: (from, to) => across("7.15.0")(from, to) || backAcross("7.15.0")(from, to),
    why: "Since 7.15.0 the chart keeps its queues in Dragonfly and not in Redis, under other value names, and moves no data: tasks that wait are lost, and storage settings of the other one say nothing.",
    steps: [
      "Wait until no task waits in a queue or runs.",
      "Back up MongoDB and Elasticsearch.",
      "Write what vision-platform:clearml.values has under redis under dragonfly, its storage class too.",
      "Rehearse it: charts lock clearml VERSION, then npm run rehearse.",
    ],
    source: "clearml-helm-charts 7.15.0 (clearml.md, 1.1)",
  },
];
