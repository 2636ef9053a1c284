/** The cluster's classes, of what names none of its own. */
export interface DefaultClasses {
  storageClass: string;
  ingressClass: string;
}

/** A class, and which key of the stack file says so. */
export interface ChosenClass {
  name: string;
  /** `cluster.storageClass`, `cvat.data.storageClass`. */
  key: string;
}

/** @param own what the part's own key says, if anything */
export function storageClassOf(key: string, own: string | undefined, { storageClass }: DefaultClasses): ChosenClass {
  return own === undefined ? { name: storageClass, key: "cluster.storageClass" } : { name: own, key };
}

/** @param own what the part's own key says, if anything */
export function ingressClassOf(key: string, own: string | undefined, { ingressClass }: DefaultClasses): ChosenClass {
  return own === undefined ? { name: ingressClass, key: "cluster.ingressClass" } : { name: own, key };
}
