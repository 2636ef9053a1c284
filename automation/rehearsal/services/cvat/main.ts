import { serveHttp, told } from "../serve.ts";
import type { CvatConfig } from "./config.ts";
import { standIn } from "./stand-in.ts";
import { Store } from "./store.ts";

const { config, folder } = told<CvatConfig>();
await serveHttp(folder, standIn(new Store(folder), config));
