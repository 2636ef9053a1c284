import { together } from "../../together.ts";
import { CLEARML_SERVICE } from "./clearml/row.ts";
import { CVAT_SERVICE } from "./cvat/row.ts";
import { KEYCLOAK_SERVICE } from "./keycloak/row.ts";
import { MINIO_SERVICE } from "./minio/row.ts";
import { NODES_SERVICE } from "./nodes/row.ts";
import { NUCLIO_SERVICE } from "./nuclio/row.ts";
import { SIGN_IN_SERVICE } from "./sign-in/row.ts";
import type { RehearsalService, ServiceContext, Started } from "./service.ts";

/** What runs beside the cluster; a later one may need an earlier one's address. */
export const SERVICES: readonly RehearsalService[] = [
  MINIO_SERVICE,
  NUCLIO_SERVICE,
  CVAT_SERVICE,
  CLEARML_SERVICE,
  KEYCLOAK_SERVICE,
  SIGN_IN_SERVICE,
  NODES_SERVICE,
];

/** Starts what the lab wants, or finds it running: side by side, but for what needs another's address. */
export async function startServices(context: Omit<ServiceContext, "started">): Promise<Started[]> {
  const starting = new Map<string, Promise<Started>>();
  for (const service of SERVICES.filter(({ wanted }) => wanted(context.plan))) {
    starting.set(service.name, startAfter(service, starting, context));
  }
  return together([...starting.values()]);
}

async function startAfter(
  { name, after = [], start }: RehearsalService,
  starting: ReadonlyMap<string, Promise<Started>>,
  context: Omit<ServiceContext, "started">,
): Promise<Started> {
  const before = after.flatMap((other) => {
    const found = starting.get(other);
    return found ? [found.then((started) => [other, started] as const)] : [];
  });
  const started = Object.fromEntries(await Promise.all(before));
  context.progress.update(name);
  return start({ ...context, started });
}
