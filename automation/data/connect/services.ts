import { ApiException, CoreV1Api, DiscoveryV1Api, type KubeConfig, type V1Service } from "@kubernetes/client-node";
import { UserError } from "../../../components/program/errors.ts";

/** A port of a Service. */
export interface ServicePort {
  namespace: string;
  service: string;
  port: number;
}

/** A port of a pod. */
export interface PodPort {
  namespace: string;
  pod: string;
  port: number;
}

const OF_SERVICE = "kubernetes.io/service-name";

/**
 * A pod behind a Service that is ready now.
 * @throws UserError where the Service has none
 */
export async function podOf(config: KubeConfig, { namespace, service, port }: ServicePort): Promise<PodPort> {
  const slices = { namespace, labelSelector: `${OF_SERVICE}=${service}` };
  const [{ spec }, { items }] = await asked(`Service ${service} in namespace ${namespace}`, () =>
    Promise.all([
      config.makeApiClient(CoreV1Api).readNamespacedService({ namespace, name: service }),
      config.makeApiClient(DiscoveryV1Api).listNamespacedEndpointSlice(slices),
    ]),
  );
  const own = spec?.ports?.find((one) => one.port === port);
  for (const { endpoints, ports } of items) {
    const target = ports?.find(({ name }) => (name ?? "") === (own?.name ?? ""))?.port;
    const ready = endpoints.find(
      ({ conditions, targetRef }) => conditions?.ready !== false && targetRef?.kind === "Pod",
    );
    const pod = ready?.targetRef?.name;
    if (own && pod !== undefined && target !== undefined) return { namespace, pod, port: target };
  }
  throw new UserError(`Service ${service} in namespace ${namespace} has no pod that is ready on port ${port}.`);
}

/**
 * The Service that has an address: its own, one that a load balancer gave it, or its name in the cluster's DNS.
 * @returns undefined where none has it, or none on this port
 */
export async function serviceAt(config: KubeConfig, host: string, port: number): Promise<ServicePort | undefined> {
  const { items } = await asked("Services of all namespaces", () =>
    config.makeApiClient(CoreV1Api).listServiceForAllNamespaces(),
  );
  const found = items.find((service) => namesOf(service).includes(host) && portsOf(service).includes(port));
  const namespace = found?.metadata?.namespace;
  const service = found?.metadata?.name;
  return namespace !== undefined && service !== undefined ? { namespace, service, port } : undefined;
}

async function asked<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new UserError(`The API server does not show ${what}: ${whyNot(error)}`, { cause: error });
  }
}

function whyNot(error: unknown): string {
  if (!(error instanceof ApiException)) return error instanceof Error ? error.message : String(error);
  if (error.code === 404) return "there is none.";
  if (error.code === 403) return "the kubeconfig's user may not read it.";
  return `it answers ${error.code}.`;
}

function namesOf({ metadata, spec, status }: V1Service): string[] {
  const own = `${metadata?.name ?? ""}.${metadata?.namespace ?? ""}`;
  const given = status?.loadBalancer?.ingress ?? [];
  return [
    own,
    `${own}.svc`,
    `${own}.svc.cluster.local`,
    ...(spec?.clusterIPs ?? []),
    ...(spec?.externalIPs ?? []),
    ...given.flatMap(({ ip, hostname }) => [ip ?? "", hostname ?? ""]),
  ];
}

const portsOf = ({ spec }: V1Service): number[] => (spec?.ports ?? []).map(({ port }) => port);
