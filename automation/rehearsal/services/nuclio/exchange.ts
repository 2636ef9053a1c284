import type { IncomingHttpHeaders } from "node:http";

/** A call of the dashboard. */
export interface Asked {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
}

/** What it answers. */
export interface Answer {
  status: number;
  /** JSON unless a text; nothing for an empty body. */
  body?: unknown;
  contentType?: string;
}
