import type { Objects, Stored } from "./kube.ts";

interface LivePod extends Stored {
  status?: { containerStatuses?: { state?: { running?: { startedAt?: string } } }[] };
}

/** Whether the dashboard that runs was there at a time: what another had begun, it knows nothing of. */
export async function isDashboardOlder(namespace: Objects, time: number): Promise<boolean> {
  const pods = await namespace.list<LivePod>("Pod");
  const starts = pods
    .filter(({ metadata }) => metadata.labels?.["nuclio.io/app"] === "dashboard")
    .flatMap(({ status }) => status?.containerStatuses ?? [])
    .flatMap(({ state }) => state?.running?.startedAt ?? []);
  // Times of the API have whole seconds.
  return starts.length === 0 || starts.some((at) => Date.parse(at) <= time);
}
