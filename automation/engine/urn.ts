/** What a URN says: `urn:pulumi:STACK::PROJECT::PARENT$TYPES$TYPE::NAME`. */
export interface ResourceName {
  /** `kubernetes:apps/v1:Deployment`. */
  type: string;
  /** `Deployment`. */
  kind: string;
  /** The logical name: `cvat:cvat/cvat-backend-server`. */
  name: string;
  /** The name a person knows it by: without the release and the namespace. */
  short: string;
  /** The system of the lab it belongs to, from the types of its parents; `lab` for what belongs to none. */
  system: string;
}

/** Types of components that stand for a system of the lab, with the name a person knows it by. */
const SYSTEMS: Readonly<Record<string, string>> = {
  "vision-platform:cvat:Cvat": "CVAT",
  "vision-platform:clearml:ClearMl": "ClearML",
  "vision-platform:clearml:ClearMlAgent": "ClearML's agent",
  "vision-platform:nuclio:Nuclio": "Nuclio",
  "vision-platform:storage:ObjectStore": "MinIO",
  "vision-platform:backup:Backup": "Backups",
};

export function parseUrn(urn: string): ResourceName {
  const [, , types = "", ...rest] = urn.split("::");
  const chain = types.split("$");
  const type = chain.at(-1) ?? "";
  const name = rest.join("::");
  return {
    type,
    kind: type.split(":").at(-1) ?? type,
    name,
    short: name.split("/").at(-1) ?? name,
    system: chain.map((part) => SYSTEMS[part]).find((system) => system !== undefined) ?? "lab",
  };
}
