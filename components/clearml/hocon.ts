/** A value that the reader takes from its environment: `${NAME}`, outside quotes. It stays text whatever it looks like. */
export class FromEnvironment {
  readonly name: string;

  constructor(name: string) {
    if (!/^[A-Z_][A-Z0-9_]*$/.test(name)) throw new RangeError(`not a name of an environment variable: ${name}`);
    this.name = name;
  }
}

/** What ClearML's configuration files hold. */
export type HoconValue = string | number | boolean | FromEnvironment | readonly HoconValue[] | HoconFields;
export interface HoconFields {
  readonly [key: string]: HoconValue;
}

/**
 * Writes fields as ClearML's parser (pyhocon) reads them back. Text is always quoted: unquoted, `5d` becomes a time span, `0123` a number,
 * `a#b` loses its end, and `$`, `+` or `=` are errors (facts/clearml.md 3.2, tried on the real parser).
 * Throws RangeError on control characters: pyhocon does not read `\u` escapes.
 */
export function hocon(fields: HoconFields): string {
  return linesOf(fields, "").join("\n") + "\n";
}

function linesOf(fields: HoconFields, indent: string): string[] {
  return Object.entries(fields).flatMap(([key, value]) => {
    const name = /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? key : hoconText(key);
    if (!isFields(value)) return [`${indent}${name}: ${textOf(value, indent)}`];
    return [`${indent}${name} {`, ...linesOf(value, `${indent}  `), `${indent}}`];
  });
}

function textOf(value: HoconValue, indent: string): string {
  if (typeof value === "string") return hoconText(value);
  if (typeof value === "boolean") return String(value);
  if (value instanceof FromEnvironment) return `\${${value.name}}`;
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number: ${value}`);
    return String(value);
  }
  const deeper = `${indent}  `;
  if (isFields(value)) return ["{", ...linesOf(value, deeper), `${indent}}`].join("\n");
  return ["[", ...value.map((item) => `${deeper}${textOf(item, deeper)}`), `${indent}]`].join("\n");
}

/**
 * A text in quotes: JSON's escapes, which pyhocon reads back, but for `\u`.
 * Throws RangeError on control characters.
 */
export function hoconText(text: string): string {
  if (/[^\P{Cc}\n\r\t]|\p{Cs}/u.test(text)) throw new RangeError("text with control characters cannot be written");
  return JSON.stringify(text);
}

/** Beside these a parser takes a key out of its quotes; with one of them it keeps the quotes, or reads another key. (tried on pyhocon 0.3.61) */
const KEY_SIGNS = /["\\\n\t!#$&*+:=?@[\]^`}]/;

/**
 * What is wrong with a key of a map, if anything: what stands under it would never be found.
 * @param reader whose map it is: `the agent`
 */
export function keyProblem(key: string, reader: string): string | undefined {
  if (key.trim() === "") return `has a key without a name, at which ${reader} cannot read it`;
  if (KEY_SIGNS.test(key))
    return `has the key ${JSON.stringify(key)}, which ${reader} reads as another; take its signs out`;
  if (!key.includes(".")) return undefined;
  const parts = key.split(".");
  const nested = parts.some((part) => part === "")
    ? "in maps"
    : `\`${parts.join(": { ")}: …${" }".repeat(parts.length - 1)}\``;
  return `has the key \`${key}\`, which ${reader} would never look for; write it ${nested}`;
}

/**
 * A value as JSON writes it, as this parser reads it: it knows fewer escapes, and takes a number with a blank behind it for text.
 * (tried on pyhocon 0.3.61)
 */
export function hoconOfJson(json: string): string {
  return json
    .trim()
    .replace(/(?:\\u[0-9a-f]{4})+|\\./gi, (escape) => JSON.stringify(JSON.parse(`"${escape}"`)).slice(1, -1));
}

function isFields(value: HoconValue): value is HoconFields {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof FromEnvironment);
}
