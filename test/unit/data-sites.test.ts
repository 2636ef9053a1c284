import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { addressOfCvat, addressOfStore } from "../../automation/data/connect/addresses.ts";
import { openSite, type SiteName } from "../../automation/data/connect/sites.ts";
import type { ServicePort } from "../../automation/data/connect/services.ts";
import type { Ways } from "../../automation/data/connect/ways.ts";
import { storePlan } from "../../components/storage/plan.ts";
import { objectStoreConfig } from "../../components/storage/object-store-section.ts";
import { planned } from "../fixtures/inputs/planned.ts";

/** A port of this machine on which nothing listens. */
const NOWHERE = "http://127.0.0.1:1";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Port-forwards that are only noted. */
function noted(service?: ServicePort) {
  const made: string[] = [];
  const ways = {
    to: (to: ServicePort, why: string) => {
      made.push(`${to.namespace}/${to.service}:${to.port} ${why}`);
      return Promise.resolve(4000);
    },
    serviceAt: () => Promise.resolve(service),
  } as Partial<Ways> as Ways;
  return { ways, made };
}

async function opened(name: SiteName, cvat: object = {}, service?: ServicePort) {
  const plan = planned({ traefik: { address: "192.0.2.20" }, cvat });
  const outputs = {
    cvat: { url: NOWHERE, analyticsUrl: `${NOWHERE}/analytics` },
    clearml: { webUrl: NOWHERE },
  };
  const { ways, made } = noted(service);
  const site = await openSite(name, plan, outputs, ways);
  ends.push(() => site.close());
  return { url: site.url, forwarded: site.forwarded, made };
}

const UNREACHED = "is not reached from here (ECONNREFUSED)";

describe("a page of the lab that this machine does not reach", () => {
  it("is CVAT's and Grafana's by Traefik, which puts them together", async () => {
    expect(await opened("cvat")).toEqual({
      url: "http://127.0.0.1:4000/",
      forwarded: true,
      made: [`kube-system/traefik:80 ${NOWHERE} ${UNREACHED}`],
    });
    expect((await opened("grafana")).url).toBe("http://127.0.0.1:4000/analytics");
  });

  it("is shown under its own name where it has one, by HTTPS where it has that", async () => {
    const tls = { secretName: "cvat-tls" };
    const { url, made } = await opened("cvat", { ingress: { host: "cvat.example.com", tls } });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:(?!4000)\d+\/$/);
    expect(made).toEqual([`kube-system/traefik:443 ${NOWHERE} ${UNREACHED}`]);
  });

  it("is ClearML's by the Service of its address, if there is one", async () => {
    const service = { namespace: "clearml", service: "clearml-webserver", port: 80 };
    expect((await opened("clearml", {}, service)).made).toEqual([
      `clearml/clearml-webserver:80 ${NOWHERE} ${UNREACHED}`,
    ]);
    await expect(opened("clearml")).rejects.toThrow("and no Service of the cluster has that address.");
  });

  it("is Nuclio's dashboard in any case", async () => {
    expect((await opened("nuclio", { namespace: "annotation" })).made).toEqual([
      "annotation/cvat-nuclio-dashboard:8070 Nuclio's dashboard has no address of its own",
    ]);
  });

  it("is refused where it is off", async () => {
    await expect(opened("nuclio", { nuclio: { enabled: false } })).rejects.toThrow(/cvat\.nuclio\.enabled/);
    await expect(opened("grafana", { analytics: { enabled: false } })).rejects.toThrow(/cvat\.analytics\.enabled/);
  });
});

describe("where CVAT and the store are reached", () => {
  const store = (keys: object) => storePlan({ config: objectStoreConfig.parse(keys), applications: [], people: [] });

  it("is their address, where something listens, and no port-forward is made", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ends.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const { ways, made } = noted();
    expect(await addressOfCvat(planned({ cvat: {} }), url, ways)).toBe(url);
    // The tunnel of the machine that runs `up` is not there, and pods' address is reached.
    const found = await addressOfStore(store({ address: "127.0.0.1", port, endpoint: "127.0.0.1:1" }), ways);
    expect(found).toEqual({ server: `127.0.0.1:${port}`, tls: false });
    expect(made).toEqual([]);
  });

  it("is else a port-forward, to the store by its own name where it speaks HTTPS", async () => {
    const service = { namespace: "minio", service: "minio", port: 9000 };
    const { ways, made } = noted(service);
    expect(await addressOfCvat(planned({ cvat: {} }), NOWHERE, ways)).toBe("http://127.0.0.1:4000");
    const found = await addressOfStore(store({ address: "https://127.0.0.1:1" }), ways);
    expect(found).toEqual({ server: "127.0.0.1:4000", tls: true, servername: "127.0.0.1" });
    expect(made).toEqual([
      `cvat/cvat-backend-service:8080 CVAT is not reached at ${NOWHERE} from here (ECONNREFUSED)`,
      "minio/minio:9000 The object store is not reached at https://127.0.0.1:1 (ECONNREFUSED) from here",
    ]);
    await expect(addressOfStore(store({ address: "127.0.0.1", port: 1 }), noted().ways)).rejects.toThrow(
      /no Service of the cluster has that address\. Start it, or say in vision-platform:objectStore\.endpoint/,
    );
  });
});
