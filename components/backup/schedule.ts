/** Fields of a schedule in their order, with what they may have. (github.com/robfig/cron: parser.go, the standard parser, which Kubernetes uses) */
const FIELDS = [
  { from: 0, to: 59, names: "" },
  { from: 0, to: 23, names: "" },
  { from: 1, to: 31, names: "" },
  { from: 1, to: 12, names: "jan feb mar apr may jun jul aug sep oct nov dec" },
  { from: 0, to: 6, names: "sun mon tue wed thu fri sat" },
] as const;

const WORDS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const MINUTES_OF_A_DAY = 24 * 60;
const DAY_MS = 86_400_000;
/** Leap years and all: no schedule that comes at all is silent for longer. */
const DAYS = 8 * 366 + 1;
const BEGIN = Date.UTC(2024, 0, 1);

type Field = ReadonlySet<number>;

/**
 * The longest time between two of a schedule's times, in hours.
 * @returns undefined for what is no schedule, and for one that never comes, as on the 30th of February
 */
export function longestGapHours(schedule: string): number | undefined {
  let before: number | undefined;
  let longest: number | undefined;
  for (const at of timesOf(schedule)) {
    if (before !== undefined) longest = Math.max(longest ?? 0, at - before);
    before = at;
  }
  return longest === undefined ? undefined : longest / 60;
}

/** Whether it is a schedule, and ever comes. */
export const everComes = (schedule: string): boolean => timesOf(schedule).next().done === false;

/** The minutes at which it comes, of many years. None for what is no schedule. */
function* timesOf(schedule: string): Generator<number, void> {
  const words = (WORDS[schedule] ?? schedule).trim().split(/\s+/);
  const fields = words.map((word, index) => fieldOf(word, index));
  const [minutes, hours, days, months, weekdays] = fields;
  if (words.length !== FIELDS.length || !minutes || !hours || !days || !months || !weekdays) return;
  const times = [...hours].flatMap((hour) => [...minutes].map((minute) => hour * 60 + minute)).sort((a, b) => a - b);
  // Where both are narrowed, either is enough.
  const isEither = !/^[*?]/.test(words[2] ?? "") && !/^[*?]/.test(words[4] ?? "");
  const comes = (day: Date) => {
    const [byDay, byWeekday] = [days.has(day.getUTCDate()), weekdays.has(day.getUTCDay())];
    return months.has(day.getUTCMonth() + 1) && (isEither ? byDay || byWeekday : byDay && byWeekday);
  };
  for (let day = 0; day < DAYS; day++) {
    if (!comes(new Date(BEGIN + day * DAY_MS))) continue;
    for (const time of times) yield day * MINUTES_OF_A_DAY + time;
  }
}

/** `*`, `7`, `1-5`, every 15, `mon,thu`: what a field has. Undefined: it is none. */
function fieldOf(word: string, index: number): Field | undefined {
  const field = FIELDS[index];
  if (field === undefined) return undefined;
  const { from, to, names } = field;
  const numberOf = (text: string) => {
    const named = names.split(" ").indexOf(text.toLowerCase());
    return named >= 0 && text !== "" ? from + named : /^\d+$/.test(text) ? Number(text) : NaN;
  };
  const found = new Set<number>();
  for (const part of word.split(",")) {
    const [range = "", step, ...more] = part.split("/");
    const [first = "", last, ...beyond] = range.split("-");
    const isAll = range === "*" || range === "?";
    const begin = isAll ? from : numberOf(first);
    const end = isAll || (last === undefined && step !== undefined) ? to : numberOf(last ?? first);
    const by = step === undefined ? 1 : /^[1-9]\d*$/.test(step) ? Number(step) : NaN;
    const isSound = begin >= from && end <= to && begin <= end && by > 0;
    if (!isSound || more.length > 0 || beyond.length > 0) return undefined;
    for (let value = begin; value <= end; value += by) found.add(value);
  }
  return found;
}
