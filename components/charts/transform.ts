import * as pulumi from "@pulumi/pulumi";
import type { PreparedCluster } from "../kubernetes/cluster.ts";
import { appliedByUs, programName } from "../kubernetes/field-manager.ts";
import type { Mirror } from "../images/mirror.ts";
import type { RenderedObject } from "../kubernetes/rendered-object.ts";
import { fromMirror } from "./from-mirror.ts";
import { handle } from "./handling.ts";
import type { Ledger } from "./ledger.ts";
import { unseal, type Sealed } from "./seal.ts";

/**
 * Changes each object of a chart at render, before it is registered: fixes, handling by kind, the name it is applied under, secrets.
 * @param seen gets each object with its fixes, before the secrets come back into it
 * @param mirror where images are taken from. Default: from where the chart says
 */
export function renderTransform(
  ledger: Ledger,
  sealed: Promise<Sealed>,
  seen: (object: RenderedObject) => void,
  { prepared, mirror }: { prepared?: PreparedCluster | undefined; mirror?: Mirror | undefined } = {},
): pulumi.ResourceTransform {
  // Asked here: a transform itself runs outside the program's own store, where every run looks like an up. (charts-on-the-engine.md, 6.5)
  const untried = pulumi.runtime.isDryRun() ? NOT_TRIED_AT_PREVIEW : {};
  return async ({ type, name, props, opts }) => {
    if (!type.startsWith("kubernetes:") || !isRendered(props)) return undefined;
    ledger.fix(props);
    if (mirror) fromMirror(props, mirror);
    const madeAgain = prepared?.madeAgain.has(`${props.kind}/${props.metadata.name}`) ?? false;
    const extra = { ...handle(props), ...(madeAgain && { ignoreChanges: undefined }) };
    seen(props);
    const applied = appliedByUs(prepared?.inPlaceOfOld.has(programName(type, name)) ?? false);
    props.metadata.annotations = { ...props.metadata.annotations, ...applied, ...(madeAgain && untried) };
    unseal(props, (await sealed).secrets);
    // The engine hands over an unset deleteBeforeReplace as `false`; echoed, it turns delete-before-replace off, and replaced Jobs
    // and ConfigMaps are lost while the run looks green. (cvat-chart-2.64.md, 3.6)
    return { props, opts: { ...opts, ...extra, deleteBeforeReplace: undefined } };
  };
}

/** How a value is written that is known only once it is made. (sdk/nodejs/runtime/rpc.ts, unknownValue) */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * Keeps the plugin from trying the new object out at a preview, where the old one is still in its place and would refuse the change: it
 * tries none that has an unknown field. (pulumi-kubernetes: provider/provider.go, Create)
 */
const NOT_TRIED_AT_PREVIEW = { "pulumi.com/skipAwait": UNKNOWN };

function isRendered(props: unknown): props is RenderedObject {
  return typeof props === "object" && props !== null && "kind" in props && "metadata" in props;
}
