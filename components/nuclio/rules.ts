import { parseImage } from "../images/reference.ts";
import { takenVariables, type TakenVariables } from "../schema/taken-variables.ts";
import { amountOf } from "../schema/quantity.ts";
import { ruleAt, type SectionRule } from "../schema/section-rules.ts";
import type { FunctionConfig } from "./function-config.ts";
import { ASKED_BY_NUCLIO } from "./names.ts";
import { handlerProblem } from "./runtimes.ts";

const isAtLeast = (amount: string, least: string) => (amountOf(amount) ?? 0) >= (amountOf(least) ?? 0);

/** Rules across the keys of one function. */
export const FUNCTION_RULES: readonly SectionRule<FunctionConfig>[] = [
  ruleAt(["image"], ["image", "build"], ({ image, build }) => {
    if (image === undefined && build === undefined) return "is missing, and so is `build`; set one of the two";
    return image !== undefined && build !== undefined ? "is set together with `build`; keep one of the two" : undefined;
  }),
  ruleAt(["image"], ["image", "pullPolicy"], ({ image, pullPolicy }) => {
    if (image === undefined || pullPolicy === "Always") return undefined;
    const { tag, digest } = parseImage(image) ?? {};
    return digest === undefined && (tag === undefined || tag === "latest")
      ? "has no tag, or `latest`: nodes would keep the one they pulled first; name a version or a digest, or set pullPolicy: Always"
      : undefined;
  }),
  ruleAt(["handler"], ["handler", "runtime"], ({ handler, runtime }) => handlerProblem(runtime, handler)),
  {
    reads: ["resources"],
    problems: ({ resources }) =>
      Object.entries(ASKED_BY_NUCLIO).flatMap(([name, least]) => {
        const [asked, limit] = [resources?.requests?.[name], resources?.limits?.[name]];
        if (limit === undefined || amountOf(asked ?? "0") !== 0 || isAtLeast(limit, least)) return [];
        const message = `is less than the ${least} that Nuclio asks for where nothing is asked for; set resources.requests.${name} too`;
        return [{ path: ["resources", "limits", name], message }];
      }),
  },
  ruleAt(["labels"], ["kind", "labels", "labelsFile"], ({ kind, labels, labelsFile }) => {
    if (labels.length > 0 && labelsFile !== undefined) return "is set together with `labelsFile`; keep one of the two";
    return kind === "detector" && labels.length === 0 && labelsFile === undefined
      ? "is empty: CVAT drops every box of a label it was not told; name the model's classes, or a `labelsFile`"
      : undefined;
  }),
  {
    reads: ["resources", "gpu"],
    problems: ({ resources, gpu }) =>
      gpu === undefined
        ? []
        : [...new Set([resources?.requests?.[gpu.resource], resources?.limits?.[gpu.resource]])]
            .filter((amount) => amount !== undefined && amount !== String(gpu.count))
            .map(() => ({ path: ["resources"], message: `has ${gpu.resource}, which \`gpu\` sets; take it out here` })),
  },
  ruleAt(["interactor"], ["kind", "interactor"], ({ kind, interactor }) =>
    interactor && kind !== "interactor" ? `is set for a ${kind}; remove it, or set kind: interactor` : undefined,
  ),
  ruleAt(["tracker"], ["kind", "tracker"], ({ kind, tracker }) =>
    tracker && kind !== "tracker" ? `is set for a ${kind}; remove it, or set kind: tracker` : undefined,
  ),
  {
    reads: ["model", "env"],
    problems: ({ model, env }) => takenVariables(["env"], env, model ? [OF_NUCLIO, OF_MODEL] : [OF_NUCLIO]),
  },
];

/** What Nuclio adds to a function's pod. (nuclio: functionres/lazy.go, getFunctionEnvironment) */
const OF_NUCLIO: TakenVariables = {
  names: ["NUCLIO_FUNCTION_NAME", "NUCLIO_FUNCTION_VERSION", "NUCLIO_FUNCTION_INSTANCE"],
  cure: "Nuclio tells the function its own name by it",
};

/** What `model` sets. (functions/README.md) */
const OF_MODEL: TakenVariables = {
  names: ["MODEL_S3_URL", "MODEL_SHA256", "S3_ENDPOINT", "S3_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
  cure: "it comes from `model`: remove one of the two",
};
