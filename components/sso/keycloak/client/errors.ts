import { pageTitle } from "../../../rest/answer.ts";
import { RestError, shortened, type Answered } from "../../../rest/errors.ts";
import { isMap } from "../../../program/maps.ts";

interface Refused extends Answered {
  /** OAuth's word for it: `invalid_client`, `invalid_grant`. */
  code?: string | undefined;
}

/** A call that Keycloak did not do, as one readable line. */
export class KeycloakError extends RestError {
  readonly code: string | undefined;

  constructor(call: string, detail: string, { code, ...answered }: Refused = {}) {
    super("Keycloak", call, detail, answered);
    this.code = code;
  }
}

/** What an answer says: the admin API by `errorMessage`, OAuth by `error` and `error_description`; what stands before Keycloak by a page. */
export function readableBody(text: string): { detail: string; code?: string } {
  const said = contentOf(text);
  if (!isMap(said)) {
    const title = pageTitle(text);
    return { detail: title === undefined ? shortened(text.trim() || "it says nothing more") : `a page ("${title}")` };
  }
  const { errorMessage, error, error_description: description } = said;
  const words = [errorMessage, description, error].find((one) => typeof one === "string" && one !== "");
  return {
    detail: shortened(typeof words === "string" ? words : "it says nothing more"),
    // The admin API says a whole sentence in its place, and describes nothing.
    ...(typeof error === "string" && description !== undefined && { code: error }),
  };
}

function contentOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
