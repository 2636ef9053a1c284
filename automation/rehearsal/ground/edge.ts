import type { Plan } from "../../../components/lab/plan.ts";
import { gatewayOf, TRAEFIK_GATEWAY_CONTROLLER } from "../../../components/preflight/gateway.ts";
import { ingressControllerOf, TRAEFIK_CONTROLLER } from "../../../components/preflight/ingress-class.ts";
import { PUBLISHED_SERVICE, TRAEFIK_PODS } from "./traefik.ts";
import { objectsLike, type Likeness } from "./likeness.ts";
import { asRead, namespace, type Ground, type LabObject } from "./object.ts";

/** Traefik where the stack says it is, and the classes of the lab's own cluster, or else the one of its Ingresses. */
export function edge(plan: Plan, likeness: Likeness | undefined): Ground {
  const { namespace: where, service } = plan.lab.traefik;
  const services = objectsLike(likeness, "Service");
  const isThere = services?.some(({ metadata }) => metadata.namespace === where && metadata.name === service) ?? true;
  const pods: Ground = isThere
    ? {
        objects: [namespace(where), traefikPods(where, service), traefikService(where, service)],
        notes: [`Traefik behind Service ${where}/${service}, with its kinds`],
      }
    : { objects: [], notes: [`No Service ${where}/${service} of type LoadBalancer, as in your cluster`] };
  const like = objectsLike(likeness, "IngressClass");
  const { objects, notes } = like ? asRead(like, "IngressClasses") : classesFor(plan);
  const gateway = gatewayFor(plan);
  return {
    objects: [...objects, ...pods.objects, ...gateway.objects],
    notes: [...pods.notes, ...notes, ...gateway.notes],
  };
}

function classesFor(plan: Plan): Ground {
  const {
    lab: { cluster },
    cvat,
  } = plan;
  const traefik = { name: "Traefik", controller: TRAEFIK_CONTROLLER };
  const own = ingressControllerOf(plan);
  const names = [...new Set([cluster.ingressClass, ...(cvat && own ? [cvat.ingressClass.name] : [])])];
  const classes = names.map((name) => ({ name, by: name === cvat?.ingressClass.name && own ? own : traefik }));
  return {
    objects: classes.map(({ name, by }) =>
      ingressClass(name, { standard: name === cluster.ingressClass, controller: by.controller }),
    ),
    notes: classes.map(({ name, by }) => `IngressClass ${name}, which ${by.name} serves`),
  };
}

/** The Gateway that the stack names, as one of Traefik's. */
function gatewayFor(plan: Plan): Ground {
  const wanted = gatewayOf(plan);
  if (!wanted) return { objects: [], notes: [] };
  const { namespace: where, name } = wanted;
  const apiVersion = "gateway.networking.k8s.io/v1";
  const spec = { controllerName: TRAEFIK_GATEWAY_CONTROLLER };
  return {
    objects: [
      namespace(where),
      { apiVersion, kind: "GatewayClass", metadata: { name: "traefik" }, spec },
      { apiVersion, kind: "Gateway", metadata: { name, namespace: where }, spec: { gatewayClassName: "traefik" } },
    ],
    notes: [`Gateway ${where}/${name}, which Traefik serves`],
  };
}

function ingressClass(name: string, { standard, controller }: { standard: boolean; controller: string }): LabObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: {
      name,
      ...(standard && { annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } }),
    },
    spec: { controller },
  };
}

/** As K3s' chart sets it up. */
function traefikPods(where: string, service: string): LabObject {
  const args = [`${PUBLISHED_SERVICE}=${where}/${service}`];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "traefik", namespace: where, labels: TRAEFIK_PODS },
    spec: {
      replicas: 1,
      selector: { matchLabels: TRAEFIK_PODS },
      template: {
        metadata: { labels: TRAEFIK_PODS },
        spec: { containers: [{ name: "traefik", image: "rancher/mirrored-library-traefik:3.6.2", args }] },
      },
    },
  };
}

/** A Service of Traefik's pods, as its chart makes it. */
function traefikService(where: string, name: string): LabObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: where, labels: TRAEFIK_PODS },
    spec: {
      type: "LoadBalancer",
      selector: TRAEFIK_PODS,
      ports: [
        { name: "web", port: 80, protocol: "TCP", targetPort: "web" },
        { name: "websecure", port: 443, protocol: "TCP", targetPort: "websecure" },
      ],
    },
  };
}
