export interface DeployOptions {
  /** Milliseconds until it must run, counted from when Nuclio has made its pods: image pull and model load. */
  readyMs: number;
  /** Milliseconds more for a build of its image. Default: none. */
  buildMs?: number;
  /** RuntimeClass its pods must have. */
  runtimeClass?: string;
  /** Milliseconds between two looks. Default: 1000. */
  everyMs?: number;
  /** Ends the waits. What was handed over goes on in Nuclio. Default: nothing does. */
  signal?: AbortSignal;
  /** Called as soon as Nuclio may have the function: from then on, a failure leaves one behind. */
  handedOver?: () => void;
}

export const EVERY_MS = 1000;
