import pc from "picocolors";
import { rollout } from "../../components/nuclio/client/function-objects.ts";
import { isBroken, type LiveFunction } from "../../components/nuclio/client/types.ts";
import { FIELD_MANAGER } from "../../components/kubernetes/field-manager.ts";
import { causeLine } from "../../components/nuclio/message.ts";
import { objectOf } from "../../components/nuclio/names.ts";
import { runtimeClassBy } from "../../components/nuclio/runtime-class.ts";
import { textTable } from "../report/table.ts";
import { listBreakers, verdictOf, type Verdict } from "./verdict.ts";

type Deployment = NonNullable<Parameters<typeof rollout>[1]>;

/** One function as `function list` shows it. */
export interface ListedFunction {
  name: string;
  kind: string;
  state: string;
  image: string;
  /** `1 of 1 pods ready`. */
  pods: string;
  /** `nvidia.com/gpu: 1`; empty without. */
  gpu: string;
  /** `nvidia (platform configuration)`; empty without. */
  runtimeClass: string;
  urls: string[];
  /** Nuclio's message, where it is in error. */
  message: string;
  verdict: Verdict;
  /** Whether the stack file has it. */
  inStack: boolean;
}

export interface Listing {
  functions: ListedFunction[];
  /** Functions of the stack file that are not there. */
  missing: string[];
  /** What CVAT says of the list as a whole. */
  cvat: { works: boolean; brokenBy: string[] };
}

/** Puts together what Nuclio, the API server and the stack file say. */
export function listing(
  live: Readonly<Record<string, LiveFunction>>,
  deployments: Readonly<Record<string, Deployment>>,
  stack: readonly string[],
): Listing {
  const functions = Object.entries(live).sort(([a], [b]) => a.localeCompare(b));
  const brokenBy = listBreakers(Object.values(live));
  return {
    functions: functions.map(([name, fn]) => listed(name, fn, deployments[name], stack.includes(name))),
    missing: stack.filter((name) => live[name] === undefined),
    cvat: { works: brokenBy.length === 0, brokenBy },
  };
}

function listed(name: string, fn: LiveFunction, deployment: Deployment | undefined, inStack: boolean): ListedFunction {
  const runtimeClass = deployment?.spec?.template.spec?.runtimeClassName;
  const { state = "", message = "" } = fn.status ?? {};
  return {
    name,
    kind: fn.metadata.annotations?.["type"] ?? "",
    state: state === "" ? "none" : state,
    image: fn.status?.containerImage ?? fn.spec.image ?? "",
    pods: rollout(objectOf(name), deployment).detail,
    gpu: gpuOf(fn),
    runtimeClass:
      runtimeClass === undefined ? "" : `${runtimeClass} (${runtimeClassBy(deployment, fn.spec, FIELD_MANAGER)})`,
    urls: [...(fn.status?.internalInvocationUrls ?? []), ...(fn.status?.externalInvocationUrls ?? [])],
    message: isBroken(state) ? message : "",
    verdict: verdictOf(fn),
    inStack,
  };
}

function gpuOf({ spec }: LiveFunction): string {
  const limits = Object.entries(spec.resources?.limits ?? {}).filter(([resource]) =>
    /gpu|nvidia\.com\/mig/.test(resource),
  );
  return limits.map(([resource, count]) => `${resource}: ${String(count)}`).join(", ");
}

/** The listing as a person reads it. */
export function listingText({ functions, missing, cvat }: Listing): string {
  const rows = functions.map((fn) => [
    fn.name,
    fn.kind,
    colouredState(fn.state),
    fn.pods,
    fn.gpu,
    fn.runtimeClass,
    fn.image,
  ]);
  return [
    functions.length === 0
      ? "Nuclio has no function."
      : textTable(["function", "kind", "state", "pods", "GPU", "runtime class", "image"], rows),
    ...functions.flatMap((fn) => notes(fn).map((note) => pc.yellow(`${fn.name}: ${note}`))),
    ...missing.map((name) =>
      pc.yellow(`${name}: is in the stack file and not in Nuclio. Deploy it: function deploy ${name}`),
    ),
    cvat.works
      ? "CVAT's list of models works."
      : pc.red(
          `CVAT's whole list of models is an error 500, by ${cvat.brokenBy.join(", ")}. ` +
            `Take out or cure: function remove ${cvat.brokenBy[0] ?? ""}`,
        ),
  ].join("\n");
}

function notes({ message, verdict, urls }: ListedFunction): string[] {
  const outcome = verdict.outcome === "listed" ? verdict.why : `${OUTCOMES[verdict.outcome]} ${verdict.why}`;
  const cause = causeLine(message);
  return [
    ...(outcome === "" ? [] : [outcome]),
    ...(cause === "" ? [] : [cause]),
    ...(urls.length > 1 ? [`Reached at ${urls.join(", ")}.`] : []),
  ];
}

const OUTCOMES: Readonly<Record<Exclude<Verdict["outcome"], "listed">, string>> = {
  breaks: "CVAT's whole list of models fails by it.",
  "left out": "CVAT leaves it out.",
  "not seen": "CVAT does not see it.",
};

function colouredState(state: string): string {
  if (state === "ready") return pc.green(state);
  return isBroken(state) ? pc.red(state) : pc.yellow(state);
}
