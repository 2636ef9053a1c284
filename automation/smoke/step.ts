import type { CvatClient } from "../../components/cvat/client/client.ts";
import type { Job, Label, Project, Task } from "../../components/cvat/client/types.ts";
import type { DataLab } from "../data/connect/lab.ts";
import type { Asked } from "../../components/edge/proof/ask.ts";
import type { CvatConfig } from "../../components/cvat/cvat-config.ts";
import type { Following } from "../data/cvat/requests.ts";
import type { CvatSpace } from "../data/cvat/space.ts";
import type { AccessToken } from "../../components/cvat/tokens/access-tokens.ts";
import type { LookAtWorkers } from "../data/cvat/workers.ts";
import type { StepName } from "./names.ts";
import { LOOK_MS } from "./patience.ts";

/** What a run has made so far, by which its later steps go on. */
export interface Made {
  project?: Project;
  label?: Label;
  task?: Task;
  job?: Job;
  /** By which its calls go from then on. */
  accessToken?: AccessToken & { value: string };
  /** Requests of CVAT that are of no project, and would stay with no worker to do them. */
  requests?: string[];
}

/** A run over a lab. */
export interface Trial {
  lab: Pick<DataLab, "plan" | "cvat" | "cvatOf" | "organization" | "urlOfCvat">;
  /** Of the project and the task that are its own. */
  name: string;
  made: Made;
  workers?: LookAtWorkers | undefined;
  /** What the edge is asked where people sign in by an issuer, as each `up` asks it. Default: they do not. */
  edge?: Asked | undefined;
  /** Milliseconds between the first two looks at a request of CVAT. Default: half a second. */
  everyMs?: number;
}

/** How a step is watched. */
export interface Watch {
  /** Ends it: its time is up, or a person has stopped the run. */
  signal: AbortSignal;
  /** Told where it is, for what is said when its time is up. */
  update: (text: string) => void;
}

/** A part of the lab at work. */
export interface Step {
  name: StepName;
  /** What it does, after which a person can look for it: `Waiting for the frame's chunk`. */
  title: string;
  /** Milliseconds after which it has failed. */
  limitMs: number;
  /** Steps without which it cannot be tried. */
  needs: readonly StepName[];
  /** Why this lab is not asked for it. Default: every lab is. */
  leftOut?: (trial: Trial) => string | undefined;
  /** @returns what was seen, in a line */
  work: (trial: Trial, watch: Watch) => Promise<string>;
  /** What a person looks at where it fails. */
  cure: (cvat: CvatConfig) => string;
}

/** What a step throws that this run cannot ask: the sentence says why. */
export class LeftOut extends Error {}

/** CVAT as the run's account, where a step's end breaks calls off. */
export const clientOf = ({ lab, made }: Trial, { signal }: Pick<Watch, "signal">): Promise<CvatClient> =>
  lab.cvat({ signal, accessToken: made.accessToken?.value });

/** How a step waits for a request of CVAT. @param what it is, for what is said when it goes wrong */
export const following = (
  { workers, everyMs }: Trial,
  { update, signal }: Watch,
  what: string,
  wasDone: Following["wasDone"] = () => Promise.resolve(false),
): Following => ({ what, wasDone, lookMs: LOOK_MS, update, workers, signal, ...(everyMs && { everyMs }) });

/** The account and the organization. */
export async function spaceOf(trial: Trial, watch: Pick<Watch, "signal">): Promise<CvatSpace> {
  return { client: await clientOf(trial, watch), organization: await trial.lab.organization() };
}

/** What an earlier step has made. The table of steps has each after those it needs. */
export function madeBy<T>(made: T | undefined, what: string): T {
  if (made === undefined) throw new Error(`The ${what} was not made.`);
  return made;
}
