/** What a call of the provider runs in. */
export interface Run {
  /** The engine's run that the call belongs to, one object for all its calls: what they share, such as a sign-in, hangs on it. */
  engine: object;
  /** Aborted when the engine cancels the run, is gone, or the call's time is up: whatever waits must end by it. */
  signal: AbortSignal;
  /** A line of progress, shown at the resource. */
  say: (line: string) => void;
  /** A warning, shown at the resource. */
  warn: (text: string) => void;
}

/** What a kind's comparison found. */
export interface Difference {
  /** Inputs, or outputs, that are not as they are wanted. Empty: nothing changes. */
  changed: readonly string[];
  /** Those of them for which another resource must be made. Default: none. */
  replaces?: readonly string[];
}

/**
 * One kind of resource of our own provider: a record of a system's REST API, a generated text, a wait. What it throws reaches the person as
 * the error's message: a sentence, no secret in it. Secrets come in clear; what came as one, or is named in `secrets`, goes back as one.
 */
export interface ResourceKind<Inputs extends object, Outs extends Inputs = Inputs> {
  /** Outputs that are secret though no secret input has their name. Default: none. */
  secrets?: readonly (keyof Outs & string)[];
  /** Inputs that are worked out from the former ones, in a preview too. An input that is not known yet is {@link UNKNOWN}. Default: as they are. */
  complete?(news: Inputs, olds: Partial<Inputs>): Inputs;
  /**
   * What is wrong with the inputs, each as a sentence that names the key. Not called while an input is unknown.
   * @param olds inputs of the last run; nothing in them for a resource that is new
   */
  check?(news: Inputs, olds: Partial<Inputs>, run: Run): readonly string[] | Promise<readonly string[]>;
  /**
   * Compares what matters. An input that is not known yet does not come here: the server counts it as changed, and as no reason to replace,
   * and hands over the former one in its place.
   */
  diff(olds: Outs, news: Inputs, run: Run): Difference | Promise<Difference>;
  /** Outputs that a preview knows beside the inputs. Default: none of a new one; of one that changes the former ones. */
  foresee?(news: Inputs, olds: Outs | undefined): Partial<Outs>;
  /**
   * Makes it, or takes over the one of the same natural key: an earlier run may have died after making it.
   * @throws HalfMade where it is there and is not what it should be
   */
  create(inputs: Inputs, run: Run): Promise<{ id: string; outs: Outs }>;
  /** As it is; undefined when it is gone. `inputs`: those a program would have written, where it is imported. */
  read(id: string, outs: Outs, run: Run): Promise<{ id: string; outs: Outs; inputs?: Inputs } | undefined>;
  update(id: string, olds: Outs, news: Inputs, run: Run): Promise<Outs>;
  /** Removes it. One that is gone already is no error. */
  delete(id: string, outs: Outs, run: Run): Promise<void>;
}

/** What the engine writes where a value is not known yet. (pulumi: sdk/go/common/resource/plugin, UnknownStringValue) */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
