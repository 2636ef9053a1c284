import semver from "semver";
import type { Fix } from "../../charts/fixes.ts";
import type { RenderedObject } from "../../kubernetes/rendered-object.ts";
import { containersOf, type Container, type Probe } from "../../charts/pods.ts";
import { isOlder, isTier } from "./objects.ts";

const UNPRIVILEGED_SINCE = "2.44.0";
const SOURCE = "cvat-ai/cvat#9746 (cecc5fcf71): nginx of cvat/ui listens on 8000 since v2.44.0, on 80 before";

const portOf = (older: boolean) => (older ? 80 : 8000);

/** @param ui release of cvat/ui: a Service does not show it, nor does a tag of another scheme. */
export function portFixes(ui: string): Fix[] {
  return [frontendContainer(ui), frontendService(ui), probeHost];
}

function frontendContainer(ui: string): Fix {
  const wanted = (one: Container) => portOf(isOlder(one, UNPRIVILEGED_SINCE, ui));
  const sockets = (one: Container) =>
    [one.readinessProbe?.tcpSocket, one.livenessProbe?.tcpSocket].filter((socket) => socket !== undefined);
  const wrong = (one: Container) =>
    (one.ports ?? []).some(({ containerPort }) => containerPort !== wanted(one)) ||
    sockets(one).some(({ port }) => port !== wanted(one));
  return {
    id: "frontend-port",
    why: "The chart probes one port and the image listens on the other, so the web pages restart for ever.",
    source: SOURCE,
    matches: (object) => isTier(object, "frontend") && object.kind === "Deployment",
    stillNeeded: (object) => containersOf(object).some(wrong),
    apply: (object) => {
      for (const one of containersOf(object)) {
        for (const port of one.ports ?? []) port.containerPort = wanted(one);
        for (const socket of sockets(one)) socket.port = wanted(one);
      }
    },
  };
}

function frontendService(ui: string): Fix {
  const wanted = portOf(semver.lt(ui, UNPRIVILEGED_SINCE));
  const portsOf = (object: RenderedObject) => (object.spec as { ports: { targetPort?: number | string }[] }).ports;
  return {
    id: "frontend-service-port",
    why: "The Service sends to the port of the other images. Its own port stays: the Ingress goes by it.",
    source: SOURCE,
    matches: (object) => isTier(object, "frontend") && object.kind === "Service",
    stillNeeded: (object) => portsOf(object).some(({ targetPort }) => targetPort !== wanted),
    apply: (object) => {
      for (const port of portsOf(object)) port.targetPort = wanted;
    },
  };
}

/** The kubelet probes by the pod's address, which a server that answers only to its names refuses. */
const probeHost: Fix = {
  id: "server-probe-host",
  why: "A server that does not answer to every host refuses the kubelet's probes, which come by the pod's address.",
  source:
    "Django's ALLOWED_HOSTS, read by cvat/settings/base.py; the chart's probes send no host (templates/cvat_backend/server)",
  matches: (object) =>
    isTier(object, "backend") && object.kind === "Deployment" && object.metadata.labels?.component === "server",
  stillNeeded: (object) => containersOf(object).some((one) => hostOf(one) !== undefined && nameless(one).length > 0),
  apply: (object) => {
    for (const one of containersOf(object)) {
      const value = hostOf(one);
      if (value === undefined) continue;
      for (const get of nameless(one)) get.httpHeaders = [...(get.httpHeaders ?? []), { name: "Host", value }];
    }
  },
};

/** A host the container answers to, unless it answers to all. */
function hostOf({ env }: Container): string | undefined {
  const hosts = env?.find(({ name }) => name === "ALLOWED_HOSTS")?.value?.split(",") ?? ["*"];
  return hosts.includes("*") ? undefined : hosts[0];
}

function nameless({ readinessProbe, livenessProbe }: Container): NonNullable<Probe["httpGet"]>[] {
  return [readinessProbe?.httpGet, livenessProbe?.httpGet]
    .filter((get) => get !== undefined)
    .filter(({ httpHeaders }) => !httpHeaders?.some(({ name }) => name === "Host"));
}
