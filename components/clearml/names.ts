/** Names the chart derives from its release, and those of the objects this program adds to it. */
export const RELEASE = "clearml";

export const SERVICES = { web: "clearml-webserver", api: "clearml-apiserver", files: "clearml-fileserver" } as const;

/** Keys of the stack file that ask for the Services' addresses. */
export const ADDRESS_KEYS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(SERVICES).map(([part, service]) => [service, `vision-platform:clearml.addresses.${part}`]),
);

/** Ports the containers listen on. No value moves them: the chart's probes name them. */
export const CONTAINER_PORTS: Readonly<Record<string, number>> = {
  [SERVICES.api]: 8008,
  [SERVICES.files]: 8081,
  [SERVICES.web]: 80,
};

/** Made by this program. The chart's own `clearml-conf`, which it always renders, is read by nothing here. */
export const SECRETS = {
  credentials: "clearml-credentials",
  configuration: "clearml-server-configuration",
  /** Read by the job that deletes files, and by nothing else. */
  deleteJob: "clearml-delete-job",
} as const;

/** The address a person or program uses, without the port where it is HTTP's own. */
export function httpUrl(host: string, port: number): string {
  return port === 80 ? `http://${host}` : `http://${host}:${port}`;
}

/** A Service as pods of any namespace reach it. */
export function urlInside(service: string, namespace: string, port: number): string {
  return httpUrl(`${service}.${namespace}.svc`, port);
}
