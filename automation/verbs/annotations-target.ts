import { UserError } from "../../components/program/errors.ts";
import type { DataLab } from "../data/connect/lab.ts";
import { workersIn } from "../data/cvat/workers.ts";
import type { Bucket } from "../data/store/objects.ts";

/** The bucket that CVAT writes into. */
export const EXPORTS = "cvat";

/** Looks at the pods that do CVAT's work. */
export function workersOf({ plan: { lab } }: DataLab) {
  const { kubeconfig, context } = lab.cluster;
  return workersIn({ kubeconfig, context }, lab.cvat.namespace);
}

/** @throws UserError, exit code 2, where there is such an object */
export async function refuseObject(bucket: Bucket, key: string): Promise<void> {
  if (await bucket.stat(key))
    throw new UserError(`s3://${bucket.name}/${key} is there already. --force overwrites it.`, { exitCode: 2 });
}
