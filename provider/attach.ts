import { useEnvironmentProxy } from "../components/rest/proxy.ts";
import type { Plugin } from "./protocol/plugin.ts";
import { serve } from "./protocol/serve.ts";

/** Plugins that this process serves itself, to one run of the engine. */
export interface Attached {
  /** What tells the engine where they are. It then looks for no plugin of these names. (pulumi: pkg/resource/plugin, GetProviderAttachPort) */
  env: { PULUMI_DEBUG_PROVIDERS: string };
  detach: () => void;
}

/** Serves plugins to one run of the engine: nothing is started, and nothing outlives this process. */
export async function attach(plugins: readonly Plugin[]): Promise<Attached> {
  await useEnvironmentProxy();
  const served = await Promise.all(plugins.map((plugin) => serve(plugin)));
  const places = served.flatMap(({ plugin, port }) => plugin.packages.map((name) => `${name}:${port}`));
  return {
    env: { PULUMI_DEBUG_PROVIDERS: places.join(",") },
    detach: () => {
      for (const { stop } of served) stop();
    },
  };
}
