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

function isFields(value: HoconValue): value is HoconFields {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof FromEnvironment);
}
