import { connect as connectPlain } from "node:net";
import { connect as connectTls } from "node:tls";

export interface RawCall {
  port: number;
  tls?: boolean;
  /** Request line and headers as they go over the wire. */
  lines: readonly string[];
  body?: Buffer;
}

export interface RawAnswer {
  status: number;
  head: string;
  body: string;
}

/** A request as it is written here, letter by letter: clients put paths and headers right. */
export function call({ port, tls = false, lines, body }: RawCall): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const host =
      lines
        .find((line) => /^host:/i.test(line))
        ?.slice(5)
        .trim() ?? "";
    const where = { host: "127.0.0.1", port };
    const socket = tls ? connectTls({ ...where, servername: host, rejectUnauthorized: false }) : connectPlain(where);
    const chunks: Buffer[] = [];
    const length = body === undefined ? [] : [`Content-Length: ${body.length}`];
    socket.setTimeout(60_000, () => socket.destroy(new Error(`no answer to ${lines[0]}`)));
    socket.on("error", reject);
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("close", () => {
      const text = Buffer.concat(chunks).toString("latin1");
      const [head = "", ...rest] = text.split("\r\n\r\n");
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
      if (Number.isNaN(status)) reject(new Error(`no answer to ${lines[0]}`));
      else resolve({ status, head, body: rest.join("\r\n\r\n") });
    });
    socket.write([...lines, ...length, ...(isClosing(lines) ? [] : ["Connection: close"]), "", ""].join("\r\n"));
    if (body) socket.write(body);
  });
}

const isClosing = (lines: readonly string[]) => lines.some((line) => /^connection:.*close/i.test(line));
