/** A process that starts Keycloak as a test does, and says where it is: `node loader/run.mjs FILE`. */
import { startKeycloak } from "./server.ts";

const { url } = await startKeycloak();
process.stdout.write(`${url}\n`);
setInterval(() => undefined, 1000);
