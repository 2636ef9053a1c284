import * as pulumi from "@pulumi/pulumi";
import type { RenderedObject } from "./fixes.ts";
import { handle } from "./handling.ts";
import type { Ledger } from "./ledger.ts";
import { unseal, type Sealed } from "./seal.ts";

/** Changes each object of a chart at render, before it is registered: fixes, handling by kind, secrets. */
export function renderTransform(
  ledger: Ledger,
  sealed: Promise<Sealed>,
  seen: (object: RenderedObject) => void,
): pulumi.ResourceTransform {
  return async ({ type, props, opts }) => {
    if (!type.startsWith("kubernetes:") || !isRendered(props)) return undefined;
    const fixed = ledger.fix(props);
    const extra = handle(props);
    seen(props);
    const unsealed = unseal(props, (await sealed).secrets);
    if (!fixed && !extra && !unsealed) return undefined;
    // The engine hands over an unset deleteBeforeReplace as `false`; echoed, it turns delete-before-replace off, and replaced Jobs
    // and ConfigMaps are lost while the run looks green. (cvat-chart-2.64.md, 3.6)
    return { props, opts: { ...opts, ...extra, deleteBeforeReplace: undefined } };
  };
}

function isRendered(props: unknown): props is RenderedObject {
  return typeof props === "object" && props !== null && "kind" in props && "metadata" in props;
}
