import { objectOf, RESERVED_NAMES } from "./names.ts";

/** Pods get a suffix of 17 characters behind the Deployment's name, and a host name has 63. */
const LONGEST_OBJECT = 63 - 17;

/** What is wrong with the name of a function, if anything. */
export function nameProblem(name: string): string | undefined {
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    return "must be lower-case letters, digits and '-', and begin with a letter, as Kubernetes Services do";
  }
  if (RESERVED_NAMES.includes(name)) return `is a name that Nuclio keeps for itself; choose another`;
  if (objectOf(name).length > LONGEST_OBJECT)
    return `must be at most ${LONGEST_OBJECT - objectOf("").length} characters`;
  return undefined;
}
