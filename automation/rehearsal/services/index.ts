import type { RehearsalService, ServiceContext, Started } from "./service.ts";

/** What runs beside the cluster, in the order of starting: a later one may need an earlier one's address. */
export const SERVICES: readonly RehearsalService[] = [];

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
