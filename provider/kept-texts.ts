import { UNKNOWN } from "../components/records/kind.ts";

type Props = Readonly<Record<string, unknown>>;

/** What one run of the engine has said of the generated texts it works on. */
export interface KeptTexts {
  /**
   * @param olds inputs of the last run; nothing in them where the engine means to make a text
   * @returns why none is to be made; undefined where none is lost by it
   */
  check: (urn: string, news: Props, olds: Props) => string | undefined;
  /** @param outs of the text that there is */
  compare: (urn: string, outs: Props) => void;
  /** @throws where the text is there already */
  create: (urn: string) => void;
  /** @throws where the text is still wanted */
  delete: (urn: string, outs: Props) => void;
}

/** A text of the state that the program asks for again. */
interface Wanted {
  /** Whether it asks for another one, by its rotation. */
  rotates: boolean;
  /** The text itself; unknown until it was compared. */
  value?: unknown;
}

/**
 * Guards generated texts through one run: data and servers were set up with them, and open with nothing else. The engine replaces a resource for
 * reasons that no provider is asked about (`--replace`, `state taint`, options of the program, another provider), and asks only what the inputs
 * of the new one should be: a second check, without those of the last run. In a preview as in an up that comes before anything is done,
 * so that is where it is refused; what is made or deleted without it, is refused then. (pulumi: step_generator.go, continueStepsFromDiff)
 */
export function keptTexts(): KeptTexts {
  const wanted = new Map<string, Wanted>();
  return {
    check(urn, news, olds) {
      if (Object.keys(olds).length > 0) {
        wanted.set(urn, { rotates: isAnother(news["rotation"], olds["rotation"]) });
        return undefined;
      }
      const known = wanted.get(urn);
      const isMade = known === undefined ? isMadeAlready(news) : !known.rotates;
      return isMade ? refusal(urn, "make another one in its place") : undefined;
    },
    compare(urn, { value }) {
      const known = wanted.get(urn);
      if (known !== undefined) wanted.set(urn, { ...known, value });
    },
    create(urn) {
      if (wanted.get(urn)?.rotates === false) throw new Error(refusal(urn, "make another one in its place"));
    },
    delete(urn, { value }) {
      const known = wanted.get(urn);
      // Beside the one in use, the state may hold the one before the last rotation, whose deletion was cut short.
      if (known?.rotates === false && known.value === value) throw new Error(refusal(urn, "delete it"));
    },
  };
}

/** What the state has of a text of this name, as the program saw it: the engine hands over no inputs of a text that it was told to replace. */
const isMadeAlready = ({ made, rotation }: Props) => made !== undefined && !isAnother(rotation, made);

/** One that is not known yet is no reason for anything. */
const isAnother = (wanted: unknown, rotation: unknown) => wanted !== UNKNOWN && wanted !== rotation;

function refusal(urn: string, what: string): string {
  const name = urn.split("::").at(-1) ?? urn;
  return [
    `The generated text ${name} is in use: what was set up with it opens with nothing else. This run would ${what}, and its rotation is no other; so nothing is done with it.`,
    `Run again without \`--replace\` and \`--target-replace\` of it. Where the state itself asks for a replacement: pulumi state untaint '${urn}'.`,
    "To get another one on purpose, count up its `keyRotations` in the stack file, or set a password of your own there (docs/day-two.md).",
  ].join(" ");
}
