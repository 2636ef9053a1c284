import type { Fix } from "../../charts/fixes.ts";
import type { RenderedObject } from "../../kubernetes/rendered-object.ts";
import { initContainersOf, volumesOf } from "../../charts/pods.ts";
import { isTier } from "./objects.ts";

/** An init container that mounts what its pod does not have makes the whole Deployment invalid. */
export const initContainerVolumes: Fix = {
  id: "init-container-volumes",
  why: "The init container of the workers mounts the server's additional volumes, which their pods lack, so the API server refuses them.",
  source:
    "cvat-chart-2.64.md section 2.4, measured: cvat.backend.initContainers of helm-chart/templates/_helpers.tpl since 2.61.0",
  matches: (object) => isTier(object, "backend") && initContainersOf(object).length > 0,
  stillNeeded: (object) => initContainersOf(object).some(({ volumeMounts }) => volumeMounts?.some(isForeign(object))),
  apply: (object) => {
    for (const one of initContainersOf(object)) {
      const foreign = isForeign(object);
      one.volumeMounts = one.volumeMounts?.filter((mount) => !foreign(mount));
    }
  },
};

function isForeign(object: RenderedObject): (mount: { name: string }) => boolean {
  const names = new Set(volumesOf(object).map(({ name }) => name));
  return ({ name }) => !names.has(name);
}
