import type * as pulumi from "@pulumi/pulumi";

/** The value of what comes from configuration alone, and so is known from the start, in a preview too. */
export function known<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}
