import { pageTitle } from "../../rest/answer.ts";
import { RestError, shortened, type Answered } from "../../rest/errors.ts";

/** A call that CVAT did not do, as one readable line. */
export class CvatError extends RestError {
  constructor(call: string, detail: string, answered: Answered = {}) {
    super("CVAT", call, detail, answered);
  }
}

/**
 * What an error's body says, in one line. CVAT has six shapes: `{"detail"}`, `{"field": [..]}`, `{"field": ".."}`, a list, a JSON text, and
 * plain text that calls itself text/html; what it did not expect itself is a page of HTML. (cvat-rest-measured.md 0.7)
 */
export function readableBody(contentType: string, text: string): string {
  const said = contentType.includes("json") ? sayJson(text) : sayText(text);
  return shortened(said.replace(/\s+/g, " ").trim() || "it says nothing more");
}

function sayText(text: string): string {
  const title = pageTitle(text);
  if (title !== undefined)
    return `an error page${title === "" ? "" : ` ("${title}")`}; the cause is in the log of CVAT's server`;
  return text.trim().split(/\n+/).join("; ");
}

function sayJson(text: string): string {
  try {
    return say(JSON.parse(text) as unknown);
  } catch {
    return sayText(text);
  }
}

function say(value: unknown): string {
  if (Array.isArray(value)) return value.map(say).join("; ");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([field, what]) => (["detail", "non_field_errors"].includes(field) ? say(what) : `${field}: ${say(what)}`))
      .join("; ");
  }
  return String(value);
}
