import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";
import { askEngine } from "../program/ask-engine.ts";
import { isMap } from "../program/maps.ts";
import { UNKNOWN } from "../records/kind.ts";

/** Modules of objects by package and module, as the SDK keeps them. */
type Modules = ReadonlyMap<string, unknown>;

/** Newer than any that the SDK for Kubernetes registers of its own, and of the same major version: so the SDK takes it. */
const VERSION = "4.9999.0";
/** Another Job is made of one that a chart has, so those are read as they are. */
const READ_WHOLE = "batch/v1";

/**
 * Has the objects that a chart made be known to the program by their names alone. Else the SDK makes a resource with all outputs of each, and
 * asks the engine for them: 0.6 s of a homelab's preview, for objects of which only the UID is of interest.
 */
export function knowChildrenByName(): void {
  const { getResourceModules } = createRequire(import.meta.url)("@pulumi/pulumi/runtime/state.js") as {
    getResourceModules: () => Modules;
  };
  for (const key of [...getResourceModules().keys()]) {
    const [owner, module = ""] = key.split(":");
    if (owner !== "kubernetes" || module === READ_WHOLE) continue;
    pulumi.runtime.registerResourceModule(owner, module, {
      version: VERSION,
      construct: (_name, _type, urn) => new pulumi.DependencyResource(urn),
    });
  }
}

/** The UID of an object that a chart made; not known where a preview makes it. */
export function uidOf(child: pulumi.Resource): pulumi.Output<string | undefined> {
  return child.urn.apply(async (urn) => {
    const { state } = await askEngine("pulumi:pulumi:getResource", { urn });
    const metadata = isMap(state) ? state["metadata"] : undefined;
    if (JSON.stringify(metadata ?? null).includes(UNKNOWN)) return pulumi.unknown as unknown as undefined;
    const uid = isMap(metadata) ? metadata["uid"] : undefined;
    return typeof uid === "string" ? uid : undefined;
  });
}
