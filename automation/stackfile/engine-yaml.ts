import { parseDocument, type Document, type ScalarTag } from "yaml";

/**
 * YAML as Pulumi's engine reads a stack file: numbers with `_` or in base 2 or 8 are numbers to it, and `<<` takes in a map with an
 * anchor, so that what a check reads is what the program gets. (gopkg.in/yaml.v3, resolve.go; `pulumi config get` of 3.246.0)
 */
export function parseAsEngine(text: string): Document.Parsed {
  return parseDocument(text, {
    prettyErrors: true,
    merge: true,
    customTags: (tags) => [DATE, INTEGER, DECIMAL, ...tags],
  });
}

const INTEGER: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: /^[-+]?0(b_*[01][01_]*|x_*[0-9a-f][0-9a-f_]*|o?_*[0-7][0-7_]*)$/i,
  resolve(text) {
    const [, sign, prefix = "", digits = ""] = /^([-+]?)0([box]?)(.*)$/i.exec(text.replaceAll("_", "")) ?? [];
    const amount = Number.parseInt(digits, BASES[prefix.toLowerCase()]);
    return sign === "-" ? -amount : amount;
  },
};
const BASES: Readonly<Record<string, number>> = { b: 2, o: 8, x: 16, "": 8 };

const DECIMAL: ScalarTag = {
  tag: "tag:yaml.org,2002:float",
  default: true,
  test: /^[-+]?[0-9][0-9_]*(\.[0-9_]*)?(e[-+]?[0-9_]+)?$/i,
  resolve: (text) => Number(text.replaceAll("_", "")),
};

/** The engine makes `2026-11-29 00:00:00 +0000 UTC` of a date, which nobody means. */
const DATE: ScalarTag = {
  tag: "tag:yaml.org,2002:timestamp",
  default: true,
  test: /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?|t[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?(z|[-+][0-9]{2}:[0-9]{2}))?$/i,
  resolve(text, onError) {
    onError("A date must stand in quotes, or Pulumi reads a point in time");
    return text;
  },
};
