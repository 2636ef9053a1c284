import { UserError } from "../../program/errors.ts";

const LONGEST_DETAIL = 500;

interface Answer {
  status?: number;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** A call that CVAT did not do, as one readable line. */
export class CvatError extends UserError {
  /** HTTP status; undefined when no answer came, and then nobody knows whether the call was done. */
  readonly status: number | undefined;
  /** What CVAT says, without the call. */
  readonly detail: string;
  /** How long CVAT asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(call: string, detail: string, answer: Answer = {}) {
    const { status, retryAfterMs, cause } = answer;
    super(status === undefined ? `${call}: ${detail}` : `CVAT answers ${status} to ${call}: ${detail}`, { cause });
    this.status = status;
    this.detail = detail;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the call may have been done although it failed. */
  get maybeDone(): boolean {
    return this.status === undefined || this.status >= 500;
  }
}

/**
 * What an error's body says, in one line. CVAT has six shapes: `{"detail"}`, `{"field": [..]}`, `{"field": ".."}`, a list, a JSON text, and
 * plain text that calls itself text/html; what it did not expect itself is a page of HTML. (cvat-rest-measured.md 0.7)
 */
export function readableBody(contentType: string, text: string): string {
  const said = contentType.includes("json") ? sayJson(text) : sayText(text);
  const line = said.replace(/\s+/g, " ").trim() || "it says nothing more";
  return line.length > LONGEST_DETAIL ? `${line.slice(0, LONGEST_DETAIL)}…` : line;
}

function sayText(text: string): string {
  if (/^\s*<(!doctype|html)/i.test(text)) {
    const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1]?.trim();
    return `an error page${title ? ` ("${title}")` : ""}; the cause is in the log of CVAT's server`;
  }
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
