import { inCode, inText } from "../report/escaped.ts";
import { fitting, type Block } from "../report/fitting.ts";
import { AT_ONCE, listed } from "../report/listed.ts";
import { COMMENT_CHARACTERS, type MarkdownOptions } from "../report/plan-markdown.ts";
import type { Drift } from "./classify.ts";
import type { Changed, DriftedField, Gone } from "./finding.ts";
import { fieldWords, named, verdictOf, whoWords } from "./words.ts";

const WHOLE = "`drift --json`";

/** What a look found, for an issue: the verdict first, what can be spared last. */
export function driftMarkdown(
  drift: Drift,
  { characters = COMMENT_CHARACTERS, whole = WHOLE }: MarkdownOptions = {},
): string {
  const { stack, changed, gone, unchecked, noise } = drift;
  const count = noise.reduce((sum, row) => sum + row.count, 0);
  const blocks: Block[] = [
    { text: `## Drift of ${inText(stack)}\n\n**${inText(verdictOf(drift))}**`, worth: "must" },
    ...changed.map(changedBlock),
    ...listed("Deleted", gone, (one: Gone) => `- ${inCode(named(one))} (${inText(one.system)})`, 7),
    ...unchecked.map(({ reason, objects }): Block => ({
      text: `### Not checked\n\n${inText(reason)}\n\n${objects
        .slice(0, AT_ONCE)
        .map((one) => `- ${inCode(one)}`)
        .join("\n")}${objects.length > AT_ONCE ? `\n- and ${objects.length - AT_ONCE} more` : ""}`,
      what: "what was not checked",
      worth: 8,
    })),
    ...(count === 0
      ? []
      : [
          {
            text: [
              `<details><summary>${count} differences that are nobody's doing</summary>`,
              "",
              "| how many | what |",
              "| --- | --- |",
              ...noise.map((row) => `| ${row.count} | ${inText(row.why)} |`),
              "",
              "</details>",
            ].join("\n"),
            what: "what is nobody's doing",
            worth: 1,
          },
        ]),
  ];
  return `${fitting(blocks, { characters, whole })}\n`;
}

function changedBlock(one: Changed): Block {
  const rows = one.fields.map(
    (field: DriftedField) => `| ${inCode(field.path)} | ${inCode(fieldWords(field))} | ${inText(whoWords(field))} |`,
  );
  const head = `### ${inText(named(one))} (${inText(one.system)})`;
  return {
    text: [head, "", "| field | was and is | by |", "| --- | --- | --- |", ...rows].join("\n"),
    what: named(one),
    worth: rows.length > 40 ? 3 : 6,
  };
}
