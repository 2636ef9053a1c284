import path from "node:path";

/** What the newest container of a name has said: the log that kwok shows of it. Of backups one is at work at a time. */
export const logFile = (home: string, container: string): string => path.join(home, "pods", `${container}.log`);
