import { UserError } from "../../program/errors.ts";
import type { Call } from "../client/exchange.ts";
import type { CallOptions, CvatClient } from "../client/client.ts";
import { CvatError } from "../client/errors.ts";

/**
 * Changes a record that the stack made before.
 * @param what the record as a person knows it: `cloud storage datasets`
 * @throws UserError when somebody removed it in CVAT, with the way to go on
 */
export async function change(
  client: CvatClient,
  path: string,
  body: Call["body"],
  what: string,
  options: CallOptions = {},
): Promise<void> {
  await client.patch(path, body, options).catch((error: unknown) => {
    if (!(error instanceof CvatError) || error.status !== 404) throw error;
    throw new UserError(
      `CVAT's ${what} cannot be changed, since somebody removed it in CVAT (${path}: ${error.detail.replace(/\.$/, "")}). ` +
        "Let the stack take note of that with `pulumi refresh`, then run up: it is made again. (docs/recover.md)",
      { cause: error },
    );
  });
}
