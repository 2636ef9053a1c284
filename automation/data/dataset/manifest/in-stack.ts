import { isMap, isSeq } from "yaml";
import type { CloudStorageConfig } from "../../../../components/cvat/plan.ts";
import { PROJECT } from "../../../../components/lab/sections.ts";
import { typeOf } from "../../../../components/records/tokens.ts";
import { parseAsEngine } from "../../../stackfile/engine-yaml.ts";

const PARENTS = "vision-platform:index:VisionPlatform$vision-platform:cvat:Cvat";

/** The cloud storages of the stack file that show an object of a bucket, and do not name it as a manifest yet. */
export function unnamedIn(storages: readonly CloudStorageConfig[], role: string, key: string): CloudStorageConfig[] {
  return storages.filter(
    (storage) => storage.role === role && key.startsWith(storage.prefix) && !storage.manifests.includes(key),
  );
}

/**
 * Those that name it in the stack file, while CVAT's records do not: a run was killed between the two.
 * @param records those of CVAT in the organization
 */
export function unknownIn(
  storages: readonly CloudStorageConfig[],
  key: string,
  organization: string,
  records: readonly { display_name: string; manifests: readonly string[] }[],
): CloudStorageConfig[] {
  return storages.filter(
    ({ name, manifests, organization: own = organization }) =>
      own === organization &&
      manifests.includes(key) &&
      records.some((record) => record.display_name === name && !record.manifests.includes(key)),
  );
}

/**
 * A stack file whose cloud storages name a manifest besides those that they name; all comments stay. Where it lists no storages, those that it has
 * by default are written down.
 * @param text a sound stack file
 * @param all the storages of its plan
 * @param named which of them are to name it
 */
export function withManifest(
  text: string,
  all: readonly CloudStorageConfig[],
  named: readonly CloudStorageConfig[],
  key: string,
): string {
  const document = parseAsEngine(text);
  const section = ["config", `${PROJECT}:cvat`, "cloudStorages"];
  const listed = document.getIn(section);
  if (!isSeq(listed)) {
    const entries = all.map(({ name, role, description }) => ({ name, role, description }));
    document.setIn(section, document.createNode(entries));
  }
  for (const storage of named) {
    const place = [...section, all.indexOf(storage)];
    const manifests = document.getIn([...place, "manifests"]);
    if (isSeq(manifests)) document.addIn([...place, "manifests"], key);
    else if (isMap(document.getIn(place))) document.setIn([...place, "manifests"], document.createNode([key]));
  }
  return document.toString({ lineWidth: 0 });
}

/** The records of storages in the stack, for a run that touches nothing else. @param organization whose they are by default */
export function storageUrns(stack: string, storages: readonly CloudStorageConfig[], organization: string): string[] {
  return storages.map(({ name, organization: own = organization }) => {
    const resource = `cvat-storage-${own === "" ? "" : `${own}-`}${name}`;
    return `urn:pulumi:${stack}::${PROJECT}::${PARENTS}$${typeOf("cvat:CloudStorage")}::${resource}`;
  });
}
