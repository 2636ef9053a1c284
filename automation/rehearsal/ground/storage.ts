import { closest, distance } from "fastest-levenshtein";
import type { Plan } from "../../../components/lab/plan.ts";
import type { LabConfig } from "../../../components/lab/sections.ts";
import { KNOWN_STORAGE_CLASSES, type StorageClassTraits } from "./storage-classes.ts";
import { classesAsked } from "../../../components/preflight/storage-class.ts";
import { pathText, type Problem } from "../../../components/schema/problems.ts";
import { objectsLike, type Likeness } from "./likeness.ts";
import { asRead, type Ground, type LabObject } from "./object.ts";

/** The provisioner of StorageClasses that the stack file alone says anything of. */
const SOMEBODYS = "rehearsal.vision-platform";

/** The StorageClasses that the lab's claims ask for, or, where the lab's own cluster is known, all that it has. */
export function storage(plan: Plan, likeness: Likeness | undefined): Ground {
  const { lab } = plan;
  const like = objectsLike(likeness, "StorageClass");
  if (like !== undefined) {
    const { objects, notes } = asRead(like, "StorageClasses");
    return { objects: [...objects, ...driversOf(like.map(provisionerOf))], notes };
  }
  const names = [...new Set(classesAsked(plan).map(({ name }) => name))];
  const found = names.flatMap((name) => {
    const traits = traitsOf(name, lab);
    return traits ? [{ name, traits }] : [];
  });
  return {
    objects: [
      ...found.map(({ name, traits }) => classObject(name, traits, { standard: name === lab.cluster.storageClass })),
      ...driversOf(found.map(({ traits }) => traits.provisioner)),
    ],
    notes: found.map(({ name, traits }) => `StorageClass ${name}: ${traitsText(traits)}`),
  };
}

/** What claims ask of StorageClasses that a rehearsal knows nothing of, that the lab's own cluster has not, or that cannot do it. */
export function storageProblems(plan: Plan, likeness: Likeness | undefined): Problem[] {
  const { lab } = plan;
  const problems = new Map<string, Problem>();
  const like = objectsLike(likeness, "StorageClass");
  for (const { name, path, readWriteMany } of classesAsked(plan)) {
    const isThere = like?.some(({ metadata }) => metadata.name === name);
    const traits = like === undefined ? traitsOf(name, lab) : traitsLike(name, lab, like);
    const message =
      isThere === false
        ? missingText(name, like ?? [])
        : traits === undefined
          ? like === undefined && unknownText(name, lab)
          : sharingText(name, traits, readWriteMany);
    if (message) problems.set(`${path} ${message}`, { path, message });
  }
  return [...problems.values()];
}

function traitsOf(name: string, { rehearsal }: LabConfig): StorageClassTraits | undefined {
  const said = Object.hasOwn(rehearsal.storageClasses, name) ? rehearsal.storageClasses[name] : undefined;
  const known = Object.hasOwn(KNOWN_STORAGE_CLASSES, name) ? KNOWN_STORAGE_CLASSES[name] : undefined;
  if (said === undefined) return known;
  const isAsKnown = said.readWriteMany === known?.readWriteMany && said.growing === known.growing;
  // A provisioner that can more than it does by itself is set up otherwise, and its stand-in here is not.
  return isAsKnown ? known : { provisioner: SOMEBODYS, ...said };
}

/** What is known of a class that is there by who makes its volumes, unless the stack file says otherwise. */
function traitsLike(name: string, lab: LabConfig, like: readonly LabObject[]): StorageClassTraits | undefined {
  if (Object.hasOwn(lab.rehearsal.storageClasses, name)) return traitsOf(name, lab);
  const provisioners = like.filter(({ metadata }) => metadata.name === name).map(provisionerOf);
  return Object.values(KNOWN_STORAGE_CLASSES).find(({ provisioner }) => provisioners.includes(provisioner));
}

const provisionerOf = (object: LabObject) => String(object["provisioner"]);

function missingText(name: string, like: readonly LabObject[]): string {
  const there = like.map(({ metadata }) => metadata.name);
  return there.length === 0
    ? `Your cluster has no StorageClass \`${name}\`, and no other.`
    : `Your cluster has no StorageClass \`${name}\`. Did you mean \`${closest(name, there)}\`? It has ${there.join(", ")}.`;
}

/** A name further away than this is another name, not a slip. */
const SLIP = 3;

function unknownText(name: string, { rehearsal }: LabConfig): string {
  const known = [...Object.keys(rehearsal.storageClasses), ...Object.keys(KNOWN_STORAGE_CLASSES)];
  const nearest = closest(name, known);
  const slip = distance(name, nearest) <= SLIP ? ` Did you mean \`${nearest}\`?` : "";
  return `A rehearsal knows no StorageClass \`${name}\`.${slip} By name it knows ${known.join(", ")}. If your cluster has it, say what it can in ${pathText("vision-platform:rehearsal.storageClasses", [name])}, or have it read there: rehearse --like KUBECONFIG.`;
}

function sharingText(name: string, traits: StorageClassTraits, readWriteMany: boolean): string | undefined {
  return readWriteMany && !traits.readWriteMany
    ? `StorageClass \`${name}\` gives no volume to pods of several nodes, and vision-platform:cvat.data.accessMode is ReadWriteMany. Set ReadWriteOnce and cvat.data.node, or another class; where yours can, say readWriteMany in vision-platform:rehearsal.storageClasses.`
    : undefined;
}

function classObject(
  name: string,
  { provisioner, growing, waitsForPod }: StorageClassTraits,
  { standard }: { standard: boolean },
): LabObject {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: {
      name,
      ...(standard && { annotations: { "storageclass.kubernetes.io/is-default-class": "true" } }),
    },
    provisioner,
    allowVolumeExpansion: growing,
    reclaimPolicy: "Delete",
    volumeBindingMode: waitsForPod ? "WaitForFirstConsumer" : "Immediate",
  };
}

/** CSI drivers among provisioners; the others make folders. */
const driversOf = (provisioners: readonly string[]): LabObject[] =>
  [...new Set(provisioners)].filter((name) => !name.includes("/")).map(driverObject);

function driverObject(name: string): LabObject {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSIDriver",
    metadata: { name },
    // At home its volumes are attached. Here nothing would ever say that one is.
    spec: { attachRequired: false, podInfoOnMount: true, volumeLifecycleModes: ["Persistent"] },
  };
}

function traitsText({ readWriteMany, growing, waitsForPod }: StorageClassTraits): string {
  return [
    readWriteMany ? "shared by nodes (RWX)" : "one node at a time",
    growing ? "claims grow" : "claims do not grow",
    ...(waitsForPod ? ["bound for the first pod"] : []),
  ].join(", ");
}
