import { tokenOf } from "../../../components/records/tokens.ts";
import { becomes, ofEach, type FindingRow } from "./finding.ts";

/** Systems that hold records of ours, by the beginning of their kinds' names. */
const SYSTEMS: Readonly<Record<string, string>> = { cvat: "CVAT", nuclio: "Nuclio", clearml: "ClearML" };

/** What leaves the systems of the lab. */
export const RECORD_ROWS: readonly FindingRow[] = [
  {
    id: "record-removed",
    severity: "careful",
    title: "a record is removed",
    find: ofEach((step) => {
      const system = holderOf(step.type);
      return system !== undefined && becomes(step, "delete") ? `is removed from ${system}` : undefined;
    }),
  },
];

function holderOf(type: string): string | undefined {
  if (/^minio:index\/iam/.test(type)) return "MinIO";
  return SYSTEMS[tokenOf(type)?.split(":")[0] ?? ""];
}
