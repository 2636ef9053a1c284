import type { Plan } from "../../../components/lab/plan.ts";
import { DASHBOARD } from "../../../components/nuclio/names.ts";
import { UserError } from "../../../components/program/errors.ts";
import { asHost } from "./as-host.ts";
import type { Forward } from "./forward.ts";
import { whyUrlUnreachable } from "./reachable.ts";
import type { Ways } from "./ways.ts";

/** What has pages in a lab. */
export const SITES = ["cvat", "grafana", "nuclio", "clearml"] as const;
export type SiteName = (typeof SITES)[number];

/** Where a stack's pages are, by its outputs. */
export interface SiteOutputs {
  cvat?: { url: string; analyticsUrl?: string };
  clearml?: { webUrl: string };
}

/** A page, as a browser on this machine reaches it. */
export interface OpenedSite {
  url: string;
  /** Whether it is there only as long as this process is. */
  forwarded: boolean;
  close(): Promise<void>;
}

/**
 * Makes a page of the lab reachable from this machine.
 * @throws UserError where the stack has no such page
 */
export async function openSite(name: SiteName, plan: Plan, outputs: SiteOutputs, ways: Ways): Promise<OpenedSite> {
  const { lab } = plan;
  if (name === "nuclio") {
    if (!plan.cvat || !lab.cvat.nuclio.enabled)
      throw new UserError("This stack installs no Nuclio: see vision-platform:cvat.nuclio.enabled.", { exitCode: 2 });
    const port = await ways.to(
      { namespace: lab.cvat.namespace, ...DASHBOARD },
      "Nuclio's dashboard has no address of its own",
    );
    return forwarded(port, "/");
  }
  const url = urlOf(name, plan, outputs);
  const why = await whyUrlUnreachable(url);
  if (why === undefined) return { url, forwarded: false, close: () => Promise.resolve() };
  const unreached = `${url} is not reached from here (${why})`;
  return name === "clearml" ? openClearml(url, unreached, ways) : openTraefik(url, unreached, plan, ways);
}

function urlOf(name: "cvat" | "grafana" | "clearml", { cvat: isOn, clearml, lab }: Plan, outputs: SiteOutputs): string {
  const [enabled, url, key] = {
    cvat: [isOn, lab.cvat.endpoint ?? outputs.cvat?.url, "cvat.enabled"] as const,
    grafana: [isOn && lab.cvat.analytics.enabled, outputs.cvat?.analyticsUrl, "cvat.analytics.enabled"] as const,
    clearml: [clearml, outputs.clearml?.webUrl, "clearml.enabled"] as const,
  }[name];
  if (!enabled) throw new UserError(`It is off in this stack: see vision-platform:${key}.`, { exitCode: 2 });
  if (url === undefined) throw new UserError("This stack has not made it yet: npm run platform -- up");
  return url;
}

/** Its pages ask the host that they come from for the API and for files. */
async function openClearml(url: string, unreached: string, ways: Ways): Promise<OpenedSite> {
  const { hostname, port, protocol } = new URL(url);
  const service = await ways.serviceAt(hostname, Number(port) || (protocol === "https:" ? 443 : 80));
  if (service === undefined) throw new UserError(`${unreached}, and no Service of the cluster has that address.`);
  return forwarded(await ways.to(service, unreached), "/");
}

/** CVAT's pages, its API and Grafana are of several Services, which Traefik puts together. */
async function openTraefik(url: string, unreached: string, { lab }: Plan, ways: Ways): Promise<OpenedSite> {
  const { namespace, service } = lab.traefik;
  const { host, tls } = lab.cvat.ingress;
  const port = await ways.to({ namespace, service, port: tls ? 443 : 80 }, unreached);
  const [, ownHost = "", path = "/"] = /^https?:\/\/([^/]+)(\/.*)?$/.exec(url) ?? [];
  if (host === "" && !tls) return forwarded(port, path);
  const site = await asHost({ port, host: host === "" ? ownHost : host, tls: tls !== undefined });
  return forwarded(site.port, path, site);
}

function forwarded(port: number, path: string, { close = () => Promise.resolve() }: Partial<Forward> = {}): OpenedSite {
  return { url: `http://127.0.0.1:${port}${path}`, forwarded: true, close };
}
