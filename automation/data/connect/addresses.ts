import { CHART_OBJECTS } from "../../../components/cvat/names.ts";
import type { Plan } from "../../../components/lab/plan.ts";
import { UserError } from "../../../components/program/errors.ts";
import { hostAndPort, urlOf } from "../../../components/storage/endpoint.ts";
import type { Place } from "../../../components/storage/client/place.ts";
import type { StorePlan } from "../../../components/storage/plan.ts";
import { whyUnreachable, whyUrlUnreachable } from "./reachable.ts";
import type { Ways } from "./ways.ts";

/**
 * Where CVAT's API is reached from this machine: at its address, else by a port-forward to its server.
 * @param url its address, `http://192.0.2.20`
 */
export async function addressOfCvat({ lab }: Plan, url: string, ways: Ways): Promise<string> {
  const why = await whyUrlUnreachable(url);
  if (why === undefined) return url;
  const { server: service, serverPort: port } = CHART_OBJECTS;
  const to = await ways.to(
    { namespace: lab.cvat.namespace, service, port },
    `CVAT is not reached at ${url} from here (${why})`,
  );
  return `http://127.0.0.1:${to}`;
}

/** Where the object store is reached: by the way of this machine, else as pods do, else by a port-forward to the Service that has its address. */
export async function addressOfStore(
  { machine, pods }: Pick<StorePlan, "machine" | "pods">,
  ways: Ways,
): Promise<Pick<Place, "server" | "tls" | "servername">> {
  const candidates = urlOf(machine) === urlOf(pods) ? [machine] : [machine, pods];
  const reasons: string[] = [];
  for (const endpoint of candidates) {
    const why = await whyUnreachable(endpoint.host, endpoint.port);
    if (why === undefined) return { server: hostAndPort(endpoint), tls: endpoint.tls };
    reasons.push(`${urlOf(endpoint)} (${why})`);
  }
  const unreached = `The object store is not reached at ${reasons.join(", nor at ")} from here`;
  for (const { host, port, tls } of candidates) {
    const service = await ways.serviceAt(host, port);
    if (service === undefined) continue;
    const to = await ways.to(service, unreached);
    return { server: `127.0.0.1:${to}`, tls, ...(tls && { servername: host }) };
  }
  throw new UserError(
    `${unreached}, and no Service of the cluster has that address. Start it, or say in vision-platform:objectStore.endpoint where this machine reaches it.`,
  );
}
