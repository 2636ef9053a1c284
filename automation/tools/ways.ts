/** The ways to a program, in the order in which they are tried. */
export const WAYS = ["path", "release", "go"] as const;
export type Way = (typeof WAYS)[number];
