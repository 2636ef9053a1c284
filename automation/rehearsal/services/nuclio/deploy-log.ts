/** A line of the log that a function's status has. (nuclio: kube/platform.go CreateFunction, an own logger at info) */
export interface LogLine {
  level: string;
  message: string;
  name: string;
  /** Milliseconds since 1970. */
  time: number;
  err?: string;
}

/** The steps of a deployment. Of what a builder says, none is in it. */
export function deployLog(isBuilt: boolean): LogLine[] {
  const steps = isBuilt
    ? ["Deploying function", "Building", "Staging files and preparing base images", "Building processor image"]
    : ["Deploying function", "Skipping build"];
  return steps.map((message) => line("info", message));
}

/** The line of one that failed, with its error stack. */
export function failureLog(err: string): LogLine {
  return { ...line("warn", "Function creation failed, setting state to error"), err };
}

const line = (level: string, message: string): LogLine => ({ level, message, name: "deployer", time: Date.now() });
