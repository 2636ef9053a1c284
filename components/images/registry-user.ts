import * as z from "zod";

/** A user name at a registry: Docker's configuration parts it from the password by a colon. */
export const registryUser = z
  .string()
  .regex(
    /^[^:\s]([^:]*[^:\s])?$/,
    "must be a name without `:`, which parts it from the password, and without blanks at its ends",
  );
