import { GPU_NODE, LAB_GPU, TRAEFIK_CLASS, TRAEFIK_SERVICE, traefikService, type LabObject } from "./cluster/lab.ts";
import { TRAEFIK_CONTROLLER } from "./cluster/traefik.ts";
import { tlsSecretOf } from "../../components/preflight/tls-secret.ts";
import type { LabConfig } from "../../components/config.ts";
import { sumOf, times, type Devices } from "../../components/devices.ts";
import { heldByFunctions, neededByTask } from "../../components/preflight/devices/asked.ts";

/** What a stack names that is not in every lab: a rehearsal takes it to be there. */
export interface Assumed {
  objects?: readonly LabObject[];
  /** Devices of the node with the GPU besides that, by resource name. */
  devices?: Devices;
  /** What was taken for given, in one line. */
  note: string;
}

/** Everything of a stack's cluster that its `up` needs and that only a person can have made. */
export function assumedBy(lab: LabConfig): Assumed[] {
  return [...certificate(lab), ...ingressClasses(lab), ...entrance(lab), ...devices(lab)];
}

function certificate(lab: LabConfig): Assumed[] {
  const secret = tlsSecretOf(lab);
  if (secret === undefined) return [];
  const { namespace, name } = secret;
  const nothing = Buffer.from("a rehearsal's stand-in").toString("base64");
  const data = { "tls.crt": nothing, "tls.key": nothing };
  return [
    {
      objects: [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
        { apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, type: "kubernetes.io/tls", data },
      ],
      note: `assumed: Secret ${namespace}/${name} with CVAT's certificate; at home it must be there`,
    },
  ];
}

function ingressClasses({ cluster, cvat }: LabConfig): Assumed[] {
  const name = cvat.ingress.className ?? cluster.ingressClass;
  if (!cvat.enabled || name === TRAEFIK_CLASS) return [];
  const spec = { controller: TRAEFIK_CONTROLLER };
  return [
    {
      objects: [{ apiVersion: "networking.k8s.io/v1", kind: "IngressClass", metadata: { name }, spec }],
      note: `assumed: IngressClass ${name} is one of Traefik's`,
    },
  ];
}

function entrance({ traefik }: LabConfig): Assumed[] {
  const { namespace, service, address } = traefik;
  if (address === undefined || (namespace === TRAEFIK_SERVICE.namespace && service === TRAEFIK_SERVICE.name)) return [];
  return [
    {
      objects: [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
        traefikService(namespace, service),
      ],
      note: `assumed: Traefik's Service is ${namespace}/${service}`,
    },
  ];
}

/** Devices that the lab's node has not, such as a shared GPU by its own name: as many as functions and a task ask for. */
function devices(lab: LabConfig): Assumed[] {
  const asked = [...heldByFunctions(lab), ...[neededByTask(lab)].flatMap((task) => task ?? [])];
  const sum = sumOf(asked.map((one) => times(one.devices, one.pods)));
  return Object.entries(sum)
    .filter(([name]) => name !== LAB_GPU)
    .map(([name, amount]) => ({
      devices: { [name]: amount },
      note: `assumed: node ${GPU_NODE} has ${amount} ${name}`,
    }));
}
