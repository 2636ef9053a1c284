import { containersOf, podTemplate } from "../../charts/pods.ts";
import type { Fix } from "../../charts/fixes.ts";
import { onceCommand, ONCE_MOUNT, ONCE_VOLUME } from "../initialisation/once.ts";
import { INPUTS_ANNOTATION } from "../initialisation/stamp.ts";
import { CHART_OBJECTS } from "../names.ts";
import { templateOf } from "./objects.ts";

/** What the image begins with, in the folder that it begins in. (cvat: Dockerfile, ENTRYPOINT) */
const ENTRY_POINT = "./backend_entrypoint.sh";

export interface InitialisationInput {
  /** Differs when CVAT has to be initialised anew. */
  stamp: string;
  /** Seconds that it is waited for, of which it waits a little less for PostgreSQL and for its turn. */
  patience: number;
}

/** Has CVAT initialised once for all that it depends on, and by one pod at a time. */
export const initialisedOnce = ({ stamp, patience }: InitialisationInput): Fix => ({
  id: "initialised-once",
  why: "A replaced Job's pod may still migrate when the next one begins, and two migrations break each other; nor does the Job begin anew for another database, whose name stands in a Secret.",
  source:
    "cmd_init in backend_entrypoint.sh; helm-chart/templates/cvat_backend/initializer/job.yml and _helpers.tpl, 0.15.0 to 2.64.0",
  matches: (object) => object.kind === "Job" && object.metadata.name === CHART_OBJECTS.initializer,
  stillNeeded: (object) => podTemplate(object)?.metadata?.annotations?.[INPUTS_ANNOTATION] !== stamp,
  apply: (object) => {
    const { metadata, spec } = templateOf(object);
    metadata.annotations = { ...metadata.annotations, [INPUTS_ANNOTATION]: stamp };
    spec.volumes = [...(spec.volumes ?? []), ONCE_VOLUME];
    for (const container of containersOf(object)) {
      container.command = onceCommand(patience, container.command ?? [ENTRY_POINT]);
      container.volumeMounts = [...(container.volumeMounts ?? []), ONCE_MOUNT];
      // What it gives up with is told where it is waited for.
      container.terminationMessagePolicy = "FallbackToLogsOnError";
    }
  },
});
