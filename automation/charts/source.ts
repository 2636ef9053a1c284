import { UserError } from "../../components/program/errors.ts";
import type { Answer, Patience } from "../http.ts";

/** Where one chart archive can be downloaded. */
export interface RemoteChart {
  url: URL;
  headers?: Record<string, string>;
  /** `sha256:<hex>` that the source itself gives for the archive. */
  announced?: string;
}

/** How a source is asked. */
export interface Asking {
  patience: Patience;
  /** Called with a few words on what is being done. */
  update?: (text: string) => void;
}

/** A chart could not be had from its source: no network, an error answered, not there. Never said of a wrong digest. */
export class SourceUnavailable extends UserError {}

/** @throws SourceUnavailable that names the address and its answer, unless it is a 2xx. */
export function expectOk(answer: Answer, what: string): void {
  if (answer.status >= 200 && answer.status < 300) return;
  const meaning: Record<number, string> = {
    401: "it wants a login; only public charts can be pulled",
    403: "it refuses anonymous reading",
    404: "it does not exist",
  };
  throw new SourceUnavailable(
    `${what} at ${answer.url.origin}${answer.url.pathname}: ${meaning[answer.status] ?? "unexpected answer"} (${answer.status})`,
  );
}
