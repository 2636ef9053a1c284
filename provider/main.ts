import { useEnvironmentProxy } from "../components/rest/proxy.ts";
import { OWN_PROVIDER } from "./own.ts";
import { serveAsProcess } from "./protocol/process.ts";

// The plugin as the engine starts it for `pulumi up`. The verbs serve it themselves. (attach.ts)
await useEnvironmentProxy();
await serveAsProcess(OWN_PROVIDER);
