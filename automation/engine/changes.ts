import type { EngineEvent, OpType, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import { isWait } from "../../components/records/tokens.ts";
import { HIDDEN, isEnvelope } from "./outputs.ts";
import { parseUrn, type ResourceName } from "./urn.ts";

/** What happens to a resource, in a person's words. */
export type Operation = "create" | "update" | "replace" | "delete" | "keep" | "import";

/** One field that differs, with its values as the engine shows them: secrets as `[secret]`. */
export interface FieldChange {
  path: string;
  before?: unknown;
  after?: unknown;
}

/** What one run does, or would do, to one resource. */
export interface Change extends ResourceName {
  urn: string;
  operation: Operation;
  fields: FieldChange[];
}

// The engine reports a replace in steps; the one that names both states stands for it.
const OPERATIONS: Partial<Record<OpType, Operation>> = {
  create: "create",
  update: "update",
  replace: "replace",
  delete: "delete",
  // What was only read is let go of, not deleted.
  discard: "keep",
  import: "import",
};

/** The changes among the events of a preview or a run; resources that stay the same are left out. */
export function changesIn(events: readonly EngineEvent[]): Change[] {
  const changes = new Map<string, Change>();
  for (const { resourcePreEvent } of events) {
    const metadata = resourcePreEvent?.metadata;
    const change = metadata && changeOf(metadata);
    if (change) changes.set(change.urn, change);
  }
  return [...changes.values()];
}

/** A change of one step of the engine; of what stays, and of what only waits, there is none. */
export function changeOf(metadata: StepEventMetadata): Change | undefined {
  // What waits anew when something changes is no change of its own.
  if (isWait(metadata.type)) return undefined;
  const retained = metadata.op === "delete" && metadata.old?.retainOnDelete === true;
  const operation = retained ? "keep" : OPERATIONS[metadata.op];
  if (operation === undefined) return undefined;
  const fields = operation === "update" || operation === "replace" ? fieldsOf(metadata) : [];
  return { ...parseUrn(metadata.urn), urn: metadata.urn, operation, fields };
}

function fieldsOf({ detailedDiff, diffs, old, new: next, urn }: StepEventMetadata): FieldChange[] {
  const paths = detailedDiff ? Object.keys(detailedDiff) : (diffs ?? []);
  const { type } = parseUrn(urn);
  const fields = paths
    .filter(isOfTheObject)
    .sort()
    .map((path) => {
      const kind: string = detailedDiff?.[path]?.diffKind ?? "";
      return {
        path,
        before: kind.startsWith("add") ? undefined : shown(fieldAt(old, path, type)),
        after: kind.startsWith("delete") ? undefined : shown(fieldAt(next, path, type)),
      };
    });
  return BRIDGED.test(type) ? fields.filter((field) => !isNoise(field)) : fields;
}

/** Types whose plugin is made from one for Terraform. It finds fields different that nobody gave and that have no value, before and after. */
const BRIDGED = /^(pulumi:providers:)?minio(:|$)/;

const isNoise = ({ before, after }: FieldChange) => isBlank(before) && isBlank(after);

/** A secret's value is hidden, and so never blank: that it changes is all there is to see. */
export const isBlank = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);

type State = StepEventMetadata["old"];

/** A field as the program gave it, or as the provider has it where the program gave it under another name. */
function fieldAt(state: State, path: string, type: string): unknown {
  const given = valueAt(state?.inputs, path);
  if (given !== undefined || !isSecretData(path, type)) return given ?? valueAt(state?.outputs, path);
  // A Secret is given as `stringData`, and the Kubernetes provider compares it as `data`, in base64.
  return state === undefined ? undefined : HIDDEN;
}

const isSecretData = (path: string, type: string) =>
  type === "kubernetes:core/v1:Secret" && /^(stringData|data)\b/.test(path);

/**
 * Annotations that tell the plugin how to apply or delete an object and are nothing of the object. A preview sets them where `up` does not.
 * (field-manager.ts, appliedByUs; transform.ts, notTriedAtPreview)
 */
const HOW_IT_IS_APPLIED = ["pulumi.com/patchForce", "pulumi.com/skipAwait", "pulumi.com/deletionPropagationPolicy"];

/** What the SDK and plugins made from Terraform's keep in a state for themselves, at any depth. (pulumi-terraform-bridge: pkg/tfbridge) */
const KEPT_FOR_THEMSELVES = ["__defaults", "__meta", "__pulumi_raw_state_delta"];

const NOT_SHOWN = [...HOW_IT_IS_APPLIED, ...KEPT_FOR_THEMSELVES];

const isOfTheObject = (path: string) =>
  !HOW_IT_IS_APPLIED.some((annotation) => path.endsWith(`["${annotation}"]`)) &&
  !partsOf(path).some((part) => KEPT_FOR_THEMSELVES.includes(part));

/** The value at a property path of the engine: `spec.template.spec.containers[0].image`, `metadata.annotations["a.b"]`. */
export function valueAt(root: unknown, path: string): unknown {
  return partsOf(path).reduce<unknown>((value, part) => {
    // A map that holds a secret is hidden whole, and so is all in it.
    if (value === HIDDEN) return value;
    if (typeof value !== "object" || value === null) return undefined;
    return (value as Record<string, unknown>)[part];
  }, root);
}

/** The parts of a property path of the engine. */
export function partsOf(path: string): string[] {
  const parts = path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g);
  return [...parts].map(([, quoted, index, plain]) => quoted?.replace(/\\(.)/g, "$1") ?? index ?? plain ?? "");
}

/** A value with its secrets hidden, and without what is nothing of the object. */
export function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== "object" || value === null) return value;
  if (isEnvelope(value)) return HIDDEN;
  const parts = Object.entries(value).filter(([key]) => !NOT_SHOWN.includes(key));
  return Object.fromEntries(parts.map(([key, part]) => [key, shown(part)]));
}
