import type { Plan } from "../../../components/lab/plan.ts";
import type { VolumeName } from "../../../components/backup/volumes/volume.ts";
import type { ListedBackup } from "../kept/listing.ts";
import { dateText } from "../kept/stamps.ts";
import type { DatabaseStep } from "./database-step.ts";

/** What does not come back with a lab whose disk died, each in a sentence. */
export function lostWith(
  { cvat, clearml, lab, functions }: Pick<Plan, "cvat" | "clearml" | "lab" | "functions">,
  steps: readonly Pick<DatabaseStep, "engine" | "is" | "stamp">[],
  volumes: readonly Pick<ListedBackup, "volume" | "stamp">[],
): string[] {
  const ofVolume = (name: VolumeName) => volumes.find(({ volume }) => volume === name)?.stamp;
  const uploads = ofVolume("cvat-data");
  const files = ofVolume("clearml-files");
  const since = (engine: DatabaseStep["engine"]) => {
    const stamp = steps.find((one) => one.engine === engine && one.is !== "none")?.stamp;
    return stamp === undefined ? undefined : dateText(stamp);
  };
  const ofCvat = since("postgresql");
  const ofClearml = since("mongodb");
  return [
    ...(cvat
      ? [
          ofCvat === undefined
            ? "CVAT: what is in no project's backup, since there is no dump: people and organizations that the stack file does not have, and all settings of theirs"
            : `CVAT: what was done after ${ofCvat}, but for what the projects' backups have since`,
          uploads === undefined
            ? "CVAT: pictures and films that were uploaded (claim cvat-backend-data). Their tasks come back without frames; a project's backup that is not lightweight has them: backup restore --project NAME"
            : `CVAT: pictures and films that were uploaded after ${dateText(uploads)}`,
          ...(lab.cvat.analytics.enabled ? ["CVAT: events (ClickHouse), the past of the analytics pages"] : []),
          "CVAT: requests under way and sessions (Redis), so everybody signs in again; pictures kept ready (Kvrocks) are made again",
        ]
      : []),
    ...(Object.keys(functions).length > 0
      ? ["Functions that were deployed beside the stack file: those of the stack file were built again by up"]
      : []),
    ...(clearml
      ? [
          ofClearml === undefined
            ? "ClearML: experiments, models' names and queues, since there is no dump"
            : `ClearML: what was done after ${ofClearml}; API keys that were ended since are good again`,
          "ClearML: scalars, plots and logs of all experiments (Elasticsearch)",
          `ClearML: debug samples, and artifacts that were sent to its file server and not to a bucket${files === undefined ? "" : `, after ${dateText(files)}`}`,
        ]
      : []),
  ];
}
