/** One thing that a stand-in does as the real system, and how that is known. */
export interface Behaviour {
  what: string;
  /** Where it is known from: a file of the system's source, or a section of the project's facts. */
  source: string;
  /** Which real release it copies, and whether that one was seen to do so: `measured on 1.14.1`, `read at 1.14.1`. */
  real: string;
}
