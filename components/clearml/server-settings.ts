import { isMap } from "../program/maps.ts";
import { hoconOfJson, hoconText, keyProblem } from "./hocon.ts";

/** `CLEARML__A__B`, or `TRAINS__A__B` as it was called before, sets the server's own a.b. (clearml-server v2.0.0: config/basic.py) */
const OF_SERVER = /^(CLEARML|TRAINS)__/;

/**
 * The value of a free variable as a server is to read it: it takes what stands behind `CLEARML__` for HOCON, in which `*`, `$lab` or `a=b` keep
 * it from starting and `12h` is a span of time. So what is no JSON goes in quotes. (clearml-server v2.0.0: config/basic.py; clearml-real.md A8)
 */
export function asServerReads(name: string, value: string): string {
  if (!OF_SERVER.test(name)) return value;
  return jsonIn(value) === undefined ? hoconText(value) : hoconOfJson(value);
}

/** The setting that a variable sets, or else its name: the servers read what stands behind `CLEARML__` in small letters. */
export const settingOf = (name: string) => (OF_SERVER.test(name) ? name.replace(OF_SERVER, "__").toLowerCase() : name);

/** All settings that a variable sets. One whose value is a map sets what is in it; a key that begins with `-` replaces, as any other. */
export function settingsOf(name: string, value: string): string[] {
  const within = OF_SERVER.test(name) ? jsonIn(value) : undefined;
  return placesIn(settingOf(name), within);
}

function placesIn(setting: string, value: unknown): string[] {
  const inner = isMap(value) ? Object.entries(value) : [];
  return inner.length === 0
    ? [setting]
    : inner.flatMap(([key, deeper]) => placesIn(`${setting}__${key.replace(/^-/, "").toLowerCase()}`, deeper));
}

/** What is wrong with a variable, if anything: at some the server does not start, and some it would read as another. */
export function settingProblems(name: string, value: string): string[] {
  if (!OF_SERVER.test(name)) return [];
  const parts = name.replace(OF_SERVER, "").split("__");
  return [
    ...(parts.includes("") ? ["names nothing between two `__`, or behind them; write CLEARML__A__B for a.b"] : []),
    ...new Set(problemsIn(jsonIn(value) ?? value)),
  ];
}

function problemsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(problemsIn);
  if (isMap(value)) return Object.entries(value).flatMap(([key, inner]) => [...inKey(key), ...problemsIn(inner)]);
  return typeof value === "string" && UNWRITTEN.test(value)
    ? ["has control characters, which the server does not read; take them out"]
    : [];
}

function inKey(key: string): string[] {
  const message = keyProblem(key, "the server");
  return message === undefined ? [] : [message];
}

/** The parser reads JSON's `\n`, `\r` and `\t`, and no other escape of a control character. Half a character cannot be written at all. */
const UNWRITTEN = /[^\P{Cc}\n\r\t]|\p{Cs}/u;

/** What a text is as JSON; undefined for what is none. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
