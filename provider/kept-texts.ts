import { UNKNOWN } from "../components/records/kind.ts";
import type { Guard } from "./protocol/plugin.ts";

/** A text of the state that the program asks for again. */
interface Wanted {
  /** Whether it asks for another one, by its rotation. */
  rotates: boolean;
  /** The text itself; undefined until it was compared. */
  value?: unknown;
}

/**
 * Guards generated texts through one run: data and servers were set up with them, and open with nothing else. The engine replaces a resource for
 * reasons that no provider is asked about (`--replace`, `state taint`, options of the program, another provider), and asks only what the inputs
 * of the new one should be: a second check, without those of the last run. In a preview as in an up that comes before anything is done,
 * so that is where it is refused; what is made or deleted without it is refused then. (pulumi: step_generator.go, continueStepsFromDiff)
 */
export function keptTexts(): Guard {
  const wanted = new Map<string, Wanted>();
  return {
    check(urn, news, olds) {
      const name = nameOf(urn);
      if (name === undefined) return undefined;
      const known = wanted.get(name);
      if (Object.keys(olds).length > 0) {
        wanted.set(name, { rotates: isAnother(news["rotation"], olds["rotation"]) });
        return undefined;
      }
      const isInUse = known === undefined ? isMade(news) : !known.rotates;
      return isInUse ? refusal(name, urn, "make another one in its place") : undefined;
    },
    compare(urn, { value }) {
      const name = nameOf(urn) ?? "";
      const known = wanted.get(name);
      if (known) wanted.set(name, { ...known, value });
    },
    create(urn) {
      const name = nameOf(urn);
      if (name === undefined || wanted.get(name)?.rotates !== false) return;
      throw new Error(refusal(name, urn, "make another one in its place"));
    },
    delete(urn, { value }) {
      const name = nameOf(urn);
      const known = name === undefined ? undefined : wanted.get(name);
      // Beside the one in use, the state may hold the one before the last rotation, whose deletion was cut short.
      if (name === undefined || known?.rotates !== false || known.value !== value) return;
      throw new Error(refusal(name, urn, "delete it"));
    },
  };
}

/** The name of a generated text, which it keeps wherever in the program it is made; undefined for another resource. */
const nameOf = (urn: string) => /\bsecrets:GeneratedText::(.*)$/.exec(urn)?.[1];

/** Whether the program saw a text of this name in the state: of one that it was told to replace, the engine hands over nothing. (components/secrets/made.ts) */
const isMade = ({ made, rotation }: Readonly<Record<string, unknown>>) =>
  made !== undefined && !isAnother(rotation, made);

/** One that is not known yet is no reason for anything. One of a stack that knew no rotation was never rotated. */
const isAnother = (wanted: unknown, rotation: unknown) => wanted !== UNKNOWN && (wanted ?? 0) !== (rotation ?? 0);

function refusal(name: string, urn: string, what: string): string {
  return [
    `The generated text ${name} is in use: what was set up with it opens with nothing else. This run would ${what}, and its rotation is no other; so nothing was done with it.`,
    `Run again without \`--replace\` and \`--target-replace\` of it. Where the state itself asks for a replacement: pulumi state untaint '${urn}'.`,
    "To get another one on purpose, count up its `keyRotations` in the stack file, or set a password of your own there (docs/day-two.md).",
  ].join(" ");
}
