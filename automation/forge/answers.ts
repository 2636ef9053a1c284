import type { z } from "zod";
import { RestError } from "../../components/rest/errors.ts";

/** An answer as it should be. @throws RestError where another server answers, or another version */
export function understood<T>(schema: z.ZodType<T>, data: unknown, name: string, what: string): T {
  const { data: found, success } = schema.safeParse(data);
  if (success) return found;
  throw new RestError(name, what, "the answer is none that it gives: is the address of its API right?");
}

/** One that is gone already is as good as removed. */
export function unlessGone(error: unknown): void {
  if (!(error instanceof RestError) || error.status !== 404) throw error;
}
