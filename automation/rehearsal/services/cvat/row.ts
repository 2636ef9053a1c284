import path from "node:path";
import { CHART_OBJECTS } from "../../../../components/cvat/names.ts";
import { registerAddress, registerRoute } from "../../cluster/routes.ts";
import { ensureService, type RehearsalService } from "../service.ts";
import type { CvatConfig } from "./config.ts";

/** CVAT's API beside the rehearsal's cluster, whose pods run nothing. */
export const CVAT_SERVICE: RehearsalService = {
  name: "cvat",
  wanted: ({ cvat }) => cvat !== undefined,
  after: ["minio", "nuclio"],
  async start({ home, plan, cluster, started }) {
    const { lab } = plan;
    const store = started["minio"];
    const address = plan.store?.s3.endpoint;
    const elsewhere = (lab.cvat.cloudStorages ?? []).flatMap(({ external }) =>
      external ? [{ endpoint: external.endpoint, accessKey: external.accessKey }] : [],
    );
    const config: CvatConfig = {
      version: lab.cvat.version,
      stores: store && address ? { [address]: store.url } : {},
      ca: store?.facts?.["ca"],
      elsewhere,
      nuclio: started["nuclio"]?.url,
      cluster: { kubeconfig: cluster.kubeconfig, context: cluster.context, namespace: lab.cvat.namespace },
    };
    const place = await ensureService({
      name: "cvat",
      script: path.join(import.meta.dirname, "main.ts"),
      home,
      config,
    });
    const { server: service, serverPort } = CHART_OBJECTS;
    const { namespace } = lab.cvat;
    await registerRoute(home, { namespace, service, port: serverPort, to: place.port });
    await registerAddress(home, { host: `${service}.${namespace}`, port: serverPort, to: place.port });
    return {
      ...place,
      notes: [
        `CVAT's API: a stand-in at ${place.url}; its users are those of the cluster's users Job`,
        ...elsewhere.map(
          ({ endpoint }) => `the store at ${endpoint} is not asked: its bucket and key are taken to be right`,
        ),
      ],
      values: [{ section: "cvat", path: ["endpoint"], value: place.url }],
    };
  },
};
