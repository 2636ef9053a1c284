import { CLEARML_SERVICE } from "./clearml/row.ts";
import { CVAT_SERVICE } from "./cvat/row.ts";
import { MINIO_SERVICE } from "./minio/row.ts";
import { nodesService } from "./nodes/row.ts";
import { NUCLIO_SERVICE } from "./nuclio/row.ts";
import type { RehearsalService, ServiceContext, Started } from "./service.ts";

/** What runs beside the cluster, in the order of starting: a later one may need an earlier one's address. */
export const SERVICES: readonly RehearsalService[] = [
  MINIO_SERVICE,
  NUCLIO_SERVICE,
  CVAT_SERVICE,
  CLEARML_SERVICE,
  nodesService(({ clearml }) => (clearml.agent.enabled ? clearml.agent.image.delivery : undefined)),
];

/** Starts what the lab wants, or finds it running. */
export async function startServices(context: Omit<ServiceContext, "started">): Promise<Started[]> {
  const started: Record<string, Started> = {};
  for (const service of SERVICES) {
    if (!service.wanted(context.lab)) continue;
    context.progress.update(service.name);
    started[service.name] = await service.start({ ...context, started });
  }
  return Object.values(started);
}
