import { setTimeout as pause } from "node:timers/promises";
import type { Answer, Asked } from "./exchange.ts";

export interface FrontOptions {
  /** Whether the dashboard's own program runs. */
  isUp: () => Promise<boolean>;
  /** Milliseconds until an answer must be there. Default: 60000, nginx's own. */
  timeoutMs?: number;
}

/** The nginx of the dashboard's image, before its program. (nuclio-real.md, F18; nuclio: cmd/dashboard/docker/default.conf) */
export function front(
  api: (asked: Asked) => Promise<Answer>,
  { isUp, timeoutMs = 60_000 }: FrontOptions,
): (asked: Asked) => Promise<Answer> {
  return async (asked) => {
    if (!asked.path.startsWith("/api")) return { status: 200, body: INDEX, contentType: "text/html" };
    if (!(await isUp())) return page(502, "Bad Gateway");
    const late = new AbortController();
    const answer = api(asked);
    try {
      return await Promise.race([
        answer,
        pause(timeoutMs, page(504, "Gateway Time-out"), { signal: late.signal, ref: false }),
      ]);
    } finally {
      late.abort();
    }
  };
}

const INDEX =
  '<!doctype html><html lang="en"><head><title>Nuclio</title></head><body><ui-view></ui-view></body></html>\n';

function page(status: number, reason: string): Answer {
  const title = `${status} ${reason}`;
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n`;
  return { status, body, contentType: "text/html" };
}
