/** What is backed up, each in its own place and by its own CronJob. */
export const PARTS = ["projects", "databases", "volumes"] as const;
export type Part = (typeof PARTS)[number];
