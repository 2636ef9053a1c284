import path from "node:path";
import { serveHttp, told } from "../serve.ts";
import { AccountReader } from "./accounts.ts";
import { clearmlApi } from "./api.ts";
import { ApiKeys } from "./keys.ts";
import { Queues } from "./queues.ts";

/** What the stand-in is told. */
export interface ClearmlStandInConfig {
  /** Path of the rehearsal's kubeconfig. */
  kubeconfig: string;
  /** Namespace of the ClearML server. */
  namespace: string;
}

const { config, folder } = told<ClearmlStandInConfig>();
const accounts = new AccountReader(config.kubeconfig, config.namespace);
await serveHttp(
  folder,
  clearmlApi(new Queues(folder), () => accounts.server(), new ApiKeys(path.join(folder, "api-keys.json"))),
);
