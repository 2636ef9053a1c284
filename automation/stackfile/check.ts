import { parseLab, PROJECT, SECTIONS, type LabConfig } from "../../components/config.ts";
import { pathText, type Problem } from "../../components/problems.ts";
import { secretPaths } from "./secret-paths.ts";
import type { StackFile } from "./stack-file.ts";

export type Checked = { lab: LabConfig; problems: [] } | { lab: undefined; problems: Problem[] };

/** Everything wrong with a stack file: what the program itself would refuse, and secrets that stand in it in plain text. */
export function checkStackFile({ sections }: Pick<StackFile, "sections">): Checked {
  const parsed = parseLab(sections);
  const problems = [...parsed.problems, ...plainSecrets(sections)];
  return problems.length === 0 && parsed.lab ? { lab: parsed.lab, problems: [] } : { lab: undefined, problems };
}

function plainSecrets(sections: Readonly<Record<string, unknown>>): Problem[] {
  return Object.entries(SECTIONS).flatMap(([name, schema]) =>
    secretPaths(schema, sections[name])
      .filter(({ value }) => typeof value === "string")
      .map(({ path }) => {
        const key = pathText(`${PROJECT}:${name}`, path);
        return { path: key, message: `A secret in plain text. Encrypt it: pulumi config set --path --secret '${key}'` };
      }),
  );
}
