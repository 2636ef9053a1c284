import { openSite, type SiteName, type SiteOutputs } from "../data/connect/sites.ts";
import { stoppable } from "../data/connect/run.ts";
import { Ways } from "../data/connect/ways.ts";
import { openUserStack } from "../engine/door.ts";
import { readOutputs } from "../engine/outputs.ts";
import { streamProgress } from "../progress.ts";
import { onStop } from "../signals.ts";
import type { StackFlags } from "./flags.ts";
import { print } from "./print.ts";

/** Prints where a page of the lab is; where this machine does not reach it, leads there until it is asked to end. */
export async function open(name: SiteName, { json, stack: stackName, folder }: StackFlags): Promise<void> {
  const progress = streamProgress();
  const { stack, plan } = await openUserStack({ stack: stackName, folder, create: false, reads: true, progress });
  const outputs = (await readOutputs(stack, { showSecrets: false })) as SiteOutputs;
  const ways = new Ways(plan.lab.cluster, progress);
  try {
    const site = await stoppable(progress, () => openSite(name, plan, outputs, ways));
    print({ page: name, url: site.url, forwarded: site.forwarded }, site.url, json);
    if (!site.forwarded) return;
    progress.line("Ctrl-C ends it.");
    await untilAsked();
    await site.close();
  } finally {
    await ways.close();
  }
}

/** To be ended is what this verb waits for, so it is no failure. */
function untilAsked(): Promise<void> {
  return new Promise((resolve) => {
    const off = onStop(() => {
      off();
      resolve();
    });
  });
}
