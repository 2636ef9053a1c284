import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { ROOT } from "./workflow.ts";

const variables = z.record(z.string(), z.string()).default({});
const when = z.enum(["on_success", "manual"]);

/** A rule; what is not named here is an error, since nothing would be done for it. */
const rule = z.strictObject({ if: z.string(), when: when.optional(), allow_failure: z.boolean().optional() });

const job = z.strictObject({
  stage: z.string(),
  tags: z.array(z.string()).default([]),
  // `access` makes no deployment of it.
  environment: z.strictObject({ name: z.string(), action: z.literal("access").optional() }).optional(),
  resource_group: z.string().optional(),
  interruptible: z.boolean().optional(),
  rules: z.array(rule).min(1),
  variables,
  script: z.array(z.string()).min(1),
  needs: z.array(z.string()).optional(),
  allow_failure: z.strictObject({ exit_codes: z.number() }).optional(),
  artifacts: z
    .strictObject({
      when: z.literal("always"),
      expire_in: z.string(),
      paths: z.array(z.string()),
      reports: z.strictObject({ dotenv: z.string() }).optional(),
    })
    .optional(),
});

const top = z.object({
  stages: z.array(z.string()).min(1),
  variables,
  default: z.strictObject({
    image: z.string(),
    interruptible: z.boolean(),
    before_script: z.array(z.string()),
    cache: z.strictObject({ key: z.strictObject({ files: z.array(z.string()).max(2) }), paths: z.array(z.string()) }),
  }),
});

export type GitlabJob = z.infer<typeof job>;
export interface GitlabFile extends z.infer<typeof top> {
  jobs: Record<string, GitlabJob>;
}

/** A `.gitlab-ci.yml`, from the checkout on. @throws for a key that this reader does not know, a stage or a job that is not there */
export function readGitlab(file: string): GitlabFile {
  const content = parse(readFileSync(path.join(ROOT, file), "utf8")) as Record<string, unknown>;
  const { stages, variables: own, default: common, ...rest } = content;
  const read = {
    ...top.parse({ stages, variables: own, default: common }),
    jobs: z.record(z.string(), job).parse(rest),
  };
  for (const [name, { stage, needs = [] }] of Object.entries(read.jobs)) {
    if (!read.stages.includes(stage)) throw new Error(`${name}: there is no stage ${stage}`);
    for (const need of needs) if (!read.jobs[need]) throw new Error(`${name}: there is no job ${need}`);
  }
  return read;
}

type Values = Readonly<Record<string, string | undefined>>;

/** The rule by which a job is in a pipeline; undefined: it is not. (docs.gitlab.com: rules) */
export function ruleFor({ rules }: GitlabJob, values: Values): z.infer<typeof rule> | undefined {
  return rules.find((one) => holds(one.if, values));
}

/** A sign, or a value that a variable or a text has. */
type Token = string | { value: string | undefined };

const TOKEN = /\s*(?:\$(\w+)|"([^"]*)"|(==|!=|&&|\|\|))/y;

/** An expression of a rule: variables and texts, compared, and joined by `&&` before `||`. @throws for anything else */
function holds(text: string, values: Values): boolean {
  const tokens: Token[] = [];
  for (let at = 0; text.slice(at).trim() !== ""; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (!found) throw new Error(`this reader of rules does not know: ${text}`);
    const [, name, plain, sign] = found;
    tokens.push(sign ?? { value: name === undefined ? plain : values[name] });
  }
  return split(tokens, "||").some((part) => split(part, "&&").every((one) => compared(one, text)));
}

function compared(tokens: readonly Token[], text: string): boolean {
  const [left, sign, right, ...more] = tokens;
  if (typeof left === "object" && sign === undefined) return Boolean(left.value);
  if (typeof left !== "object" || typeof right !== "object" || more.length > 0 || (sign !== "==" && sign !== "!="))
    throw new Error(`this reader of rules does not know: ${text}`);
  return (left.value === right.value) === (sign === "==");
}

function split(all: readonly Token[], by: string): Token[][] {
  const parts: Token[][] = [[]];
  for (const one of all) {
    if (one === by) parts.push([]);
    else parts.at(-1)?.push(one);
  }
  return parts;
}
