import { across, backAcross, toOlderMinor, type Jump } from "../charts/jumps.ts";

const BACK_UP = "Back up CVAT's database and data.";

/** Steps between versions of CVAT, and of what its chart brings, that are known to go wrong. */
export const CVAT_JUMPS: readonly Jump<"server" | "nuclio">[] = [
  {
    id: "cvat-goes-back",
    part: "server",
    between: "to an older release",
    isMade: toOlderMinor,
    why: "CVAT changes its database at the first start of a release, and an older one has no way to change it back: it runs on tables that it does not know.",
    steps: [
      "Stay where you are, or restore the backup of CVAT's database that was made with the older release.",
      "Or give up what is in CVAT: destroy, delete its namespace, and take this line to begin anew.",
    ],
    source: "CVAT: backend_entrypoint.sh migrates and never back (cvat.md, 5); cvat-chart-2.64.md, 6",
  },
  {
    id: "cvat-skips-migrations",
    part: "server",
    between: "from before 2.0.0 to 2.48.0 or later",
    isMade: (from, to) => across("2.0.0")(from, to) && across("2.48.0")(from, to),
    why: "Since 2.48 CVAT has the changes of its database up to 2.0 squashed into one: from before 2.0 no direct way leads there.",
    steps: [
      BACK_UP,
      "Go to a release in between first, such as version 2.39.0, and wait until it is up.",
      "Then go on to this one: from there it is not refused.",
    ],
    source: "cvat-ai/cvat#9922, #9930 (cvat.md, 2)",
  },
  {
    id: "cvat-redis-chart",
    part: "chart",
    between: "to 2.76.0 or later from one before",
    isMade: across("2.76.0"),
    why: "Since 2.76.0 the chart's Redis is that of CloudPirates and no more Bitnami's. Names and claims of the two probably differ, so that what waits in CVAT's queues is left behind; nobody has tried it here.",
    steps: [
      "Read the update guide that the changelog of 2.76.0 links.",
      BACK_UP,
      "Wait until no import, export or automatic annotation is at work.",
      "Rehearse it: charts lock cvat VERSION, then npm run rehearse.",
    ],
    source: "cvat-ai/cvat#11160 (late-2026.md)",
  },
  {
    id: "kvrocks-claim-label",
    part: "chart",
    between: "over 2.50.0, in either direction",
    isMade: (from, to) => across("2.50.0")(from, to) || backAcross("2.50.0")(from, to),
    why: "Chart 2.50.0 corrected a label in Kvrocks' claim template, a field that never changes: helm upgrade ends at it, half-way.",
    steps: ["With helm alone: kubectl delete statefulset cvat-kvrocks --cascade=orphan, before."],
    source: "cvat-ai/cvat#10026 (cvat-chart-2.64.md, 5)",
    handled:
      "up leaves the claim templates of a StatefulSet as they are, and updates Kvrocks in place with its claim (components/charts/handling.ts)",
  },
  {
    id: "nuclio-loses-runtime-class",
    part: "nuclio",
    between: "from 1.15.20 or later to one before",
    isMade: backAcross("1.15.20"),
    why: "Nuclio before 1.15.20 does not know the field spec.runtimeClassName, and drops it from a function at the first write: functions that others deployed with it lose their GPU. Those of the stack file get it by Nuclio's platform configuration.",
    steps: [
      "Find them: kubectl get nucliofunctions -A -o yaml, those with spec.runtimeClassName that are not in the stack file.",
      "Take each into the stack file under vision-platform:functions, or write down the class to patch it into its Deployment afterwards.",
    ],
    source: "nuclio/nuclio#4022 (nuclio-real.md, late-2026.md)",
  },
];
