/** The part of GitHub's expressions that the workflows use; anything else is an error. (docs.github.com: evaluate expressions) */
export type Value = string | boolean;

/** What names stand for: `github.sha`, and what `hashFiles` finds. */
export interface Context {
  /** Roots that may be asked for anything (`vars`, `secrets`): what is not set there is empty. */
  open: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Everything else by its whole path; a path that is not here is an error. */
  known: Readonly<Record<string, string>>;
  hasFiles: (pattern: string) => boolean;
  /** What has become of the job so far. */
  failed: boolean;
}

const TOKEN = /\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w-]*(?:\.[\w-]+)*)|(&&|\|\||==|!=|[!(),]))/y;

/** The value of one expression, without `${{ }}`. @throws for what is not known */
export function evaluate(text: string, context: Context): Value {
  const tokens = tokensOf(text);
  let at = 0;
  const fail = (): never => {
    throw new Error(`this reader of workflows does not know: ${text}`);
  };
  const take = (wanted: string) => tokens[at] === wanted && (at++, true);
  const either = (): Value => {
    let left = both();
    while (take("||")) {
      const right = both();
      left = truthy(left) ? left : right;
    }
    return left;
  };
  const both = (): Value => {
    let left = compared();
    while (take("&&")) {
      const right = compared();
      left = truthy(left) ? right : left;
    }
    return left;
  };
  const compared = (): Value => {
    const left = one();
    if (take("==")) return String(left) === String(one());
    if (take("!=")) return String(left) !== String(one());
    return left;
  };
  const one = (): Value => {
    if (take("!")) return !truthy(one());
    if (take("(")) {
      const inner = either();
      return take(")") ? inner : fail();
    }
    const token = tokens[at++] ?? fail();
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (!/^[A-Za-z_]/.test(token)) return fail();
    return take("(") ? called(token, listed()) : valueOf(token);
  };
  const listed = (): Value[] => {
    const values: Value[] = [];
    while (!take(")")) {
      values.push(either());
      if (!take(",") && tokens[at] !== ")") fail();
    }
    return values;
  };
  const called = (name: string, values: readonly Value[]): Value => {
    if (name === "always" && values.length === 0) return true;
    if (name === "hashFiles") return values.some((pattern) => context.hasFiles(String(pattern))) ? "0123abcd" : "";
    return fail();
  };
  const valueOf = (name: string): Value => {
    const [root = "", ...rest] = name.split(".");
    const open = context.open[root];
    if (open && rest.length === 1) return open[rest[0] ?? ""] ?? "";
    return context.known[name] ?? fail();
  };
  const value = either();
  return at === tokens.length ? value : fail();
}

/** A text with its `${{ }}` filled in. */
export function filled(text: string, context: Context): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, inner: string) => String(evaluate(inner.trim(), context)));
}

/** Whether a step or job runs by its `if:`. Without a status function in it, only while nothing has failed. */
export function runs(condition: string | undefined, context: Context): boolean {
  if (condition === undefined) return !context.failed;
  const text = condition.replace(/^\s*\$\{\{(.*)\}\}\s*$/s, "$1");
  if (!/\balways\(\)/.test(text) && context.failed) return false;
  return truthy(evaluate(text.trim(), context));
}

const truthy = (value: Value) => value !== "" && value !== false;

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  while (text.slice(at).trim() !== "") {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (!found) throw new Error(`this reader of workflows does not know: ${text}`);
    tokens.push(found[1] ?? found[2] ?? found[3] ?? "");
    at = TOKEN.lastIndex;
  }
  return tokens;
}
