import * as z from "zod";

/**
 * CVAT takes the blanks off both ends of every text that comes by its API, and shows it so from then on: what the stack has and what CVAT has
 * would differ for ever. (rest_framework's CharField) A description is trimmed here; a name is refused, since records are found by theirs.
 */

/** A name that people see, of at most `max` characters. */
export const trimmedName = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((name) => name === name.trim(), "must have no blanks at its ends: CVAT takes them off");

/** What people read beside something. Blanks at its ends, and the line end of a text of several lines, are left out. */
export const description = () => z.string().trim().default("");
