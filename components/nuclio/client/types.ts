/** A function as the dashboard gives it. What others deployed may lack anything. (nuclio.md, 2) */
export interface LiveFunction {
  metadata: {
    name: string;
    namespace?: string;
    /** Changes with every write. */
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: LiveSpec;
  status?: {
    state?: string;
    message?: string;
    /** Each step, with the error stack of the one that failed. */
    logs?: { message?: string; err?: string }[];
    httpPort?: number;
    containerImage?: string;
    internalInvocationUrls?: string[];
    externalInvocationUrls?: string[];
  } | null;
}

export interface LiveSpec {
  description?: string;
  image?: string;
  replicas?: number;
  runtimeClassName?: string;
  /** Another one with each hand-over. The pods carry it as the annotation `nuclio.io/image-hash`. */
  imageHash?: string;
  /** Switched off by hand: no pods, and `ready` all the same. */
  disable?: boolean;
  resources?: { limits?: Record<string, unknown> };
  [field: string]: unknown;
}

/** States in which something still happens by itself; an empty one counts too. (nuclio.md, 2b) */
const ENDED = ["ready", "error", "unhealthy", "scaledToZero", "imported"];

/** Whether Nuclio is done with a function, for better or worse. */
export function hasEnded({ status }: LiveFunction): boolean {
  return ENDED.includes(status?.state ?? "");
}

/** Whether CVAT's calls find it: Nuclio calls a function only by an address that it has noted. (nuclio: abstract/invoker.go) */
export function hasAddress({ status }: LiveFunction): boolean {
  return (status?.internalInvocationUrls?.length ?? 0) + (status?.externalInvocationUrls?.length ?? 0) > 0;
}

/** States that a deployment cures. */
export function isBroken(state: string | undefined): boolean {
  return state === "error" || state === "unhealthy";
}
