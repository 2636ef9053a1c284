import { refuse, type Refusal } from "./answers.ts";
import { stripped } from "./django.ts";

/**
 * Fields of a body as Django REST framework takes them. (rest_framework/fields.py at 3.16.0: CharField, BooleanField, ChoiceField) It gathers
 * the problems of all fields; here the first one is told.
 */

type Body = Record<string, unknown>;

export interface TextRules {
  /** Characters it may have at most. */
  max?: number;
  /** Whether it may be left out. Default: not. */
  optional?: boolean;
  /** Whether it may be nothing but blanks. Default: not. */
  blank?: boolean;
}

/** What is wrong with a field. */
export const wrong = (field: string, problem: string): Refusal => refuse(400, { [field]: [problem] });

/** A text, with the blanks at its ends taken off. */
export function textField(body: Body, field: string, rules: TextRules = {}): string | undefined {
  const problem = textProblem(body, field, rules);
  if (problem !== undefined) throw wrong(field, problem);
  const value = body[field];
  return value === undefined ? undefined : stripped(textOf(value));
}

/** What is wrong with a text, if anything is. */
export function textProblem(body: Body, field: string, rules: TextRules = {}): string | undefined {
  const value = body[field];
  if (value === undefined) return rules.optional ? undefined : "This field is required.";
  if (value === null) return "This field may not be null.";
  if (typeof value !== "string" && typeof value !== "number") return "Not a valid string.";
  const text = stripped(textOf(value));
  if (text === "" && !rules.blank) return "This field may not be blank.";
  if (text.includes("\0")) return "Null characters are not allowed.";
  return rules.max !== undefined && text.length > rules.max
    ? `Ensure this field has no more than ${rules.max} characters.`
    : undefined;
}

/** One of a few words. */
export function choiceField(body: Body, field: string, choices: readonly string[]): string {
  const problem = choiceProblem(body, field, choices);
  if (problem !== undefined) throw wrong(field, problem);
  return body[field] as string;
}

export function choiceProblem(body: Body, field: string, choices: readonly string[]): string | undefined {
  const value = body[field];
  if (value === undefined) return "This field is required.";
  if (value === null) return "This field may not be null.";
  return choices.some((choice) => choice === value) ? undefined : `"${textOf(value)}" is not a valid choice.`;
}

/** Yes or no; undefined where it is left out. */
export function booleanField(body: Body, field: string): boolean | undefined {
  const value = body[field];
  if (value === undefined || typeof value === "boolean") return value;
  throw wrong(field, value === null ? "This field may not be null." : "Must be a valid boolean.");
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** A number from 0 to 1. Undefined: none is given. */
export function shareField(body: Readonly<Record<string, unknown>>, field: string): number | undefined {
  if (body[field] === undefined) return undefined;
  const value = Number(body[field]);
  if (Number.isNaN(value)) throw wrong(field, "A valid number is required.");
  if (value < 0) throw wrong(field, "Ensure this value is greater than or equal to 0.");
  if (value > 1) throw wrong(field, "Ensure this value is less than or equal to 1.");
  return value;
}
