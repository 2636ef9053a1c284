import { errorPage, Refusal, refuse } from "./answers.ts";

type Value = string | number | boolean | null;
export type Terms<T> = Readonly<Record<string, (record: T) => Value>>;

/** Terms that are dates, and are compared as such. */
const DATES = ["updated_date"];

/**
 * Records that pass the filters this list knows, and any other is ignored without a word: `?name=`, and JSON with `==`, `in`, `!`, `<`, `<=`,
 * `and`, `or`. A parameter that is empty is none. (0.4, 7.2; cvat-real-third-look.md, 5.1, 6.4, 8.4)
 * @param logical terms for JSON alone
 */
export function filtered<T>(
  { query }: { query: URLSearchParams },
  records: readonly T[],
  filters: Terms<T>,
  logical: Terms<T> = {},
): T[] {
  const simple = Object.entries(filters).filter(([name]) => (query.get(name) ?? "") !== "");
  const logic = query.get("filter");
  const terms = { ...filters, ...logical };
  return records
    .filter((record) => simple.every(([name, valueOf]) => String(valueOf(record)) === query.get(name)))
    .filter((record) => logic === null || holds(parsed(logic), record, terms));
}

function parsed(logic: string): unknown {
  try {
    return JSON.parse(logic);
  } catch {
    throw refuse(400, ["filter: invalid JSON"]);
  }
}

function holds<T>(logic: unknown, record: T, terms: Terms<T>): boolean {
  const [[operator, operands] = ["", []]] = Object.entries(logic as Record<string, unknown>);
  const list = Array.isArray(operands) ? (operands as unknown[]) : [operands];
  if (operator === "and") return list.every((one) => holds(one, record, terms));
  if (operator === "or") return list.some((one) => holds(one, record, terms));
  if (operator === "!") {
    const [inner] = list;
    return isTerm(inner) ? !valueOf(inner, record, terms) : !holds(inner, record, terms);
  }
  const names = list.filter(isTerm).map((term) => term.var);
  const values = list.map((one) => (isTerm(one) ? valueOf(one, record, terms) : (one as Value)));
  const compared = names.some((name) => DATES.includes(name)) ? values.map(timeOf) : values;
  const [first = null, second = null] = compared;
  switch (operator) {
    case "==":
      return first === second;
    case "in":
      return String(second).includes(String(first));
    case "<":
      return inOrder(compared, (one, other) => one < other);
    case "<=":
      return inOrder(compared, (one, other) => one <= other);
    case ">":
      return inOrder(compared, (one, other) => one > other);
    case ">=":
      return inOrder(compared, (one, other) => one >= other);
    default:
      throw refuse(400, [`filter: term '${operator}' is not supported`]);
  }
}

const isTerm = (one: unknown): one is { var: string } => typeof one === "object" && one !== null && "var" in one;

function valueOf<T>(term: { var: string }, record: T, terms: Terms<T>): Value {
  const known = terms[term.var];
  if (!known) throw refuse(400, [`filter: term '${term.var}' is not supported`]);
  return known(record);
}

function timeOf(value: Value): number {
  const time = Date.parse(String(value));
  if (Number.isNaN(time)) throw new Refusal(errorPage(500, "Server Error (500)"));
  return time;
}

function inOrder(
  values: readonly Value[],
  holdsFor: (one: number | string, other: number | string) => boolean,
): boolean {
  return values
    .slice(1)
    .every((value, at) => holdsFor((values[at] ?? "") as number | string, (value ?? "") as number | string));
}
