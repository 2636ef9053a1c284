import { createHash } from "node:crypto";
import { serve, type OwnServer } from "./own-server.ts";

/** Where Grafana's pages hear what is new. (grafana: pkg/services/live/live.go) */
export const LIVE = "/analytics/api/live/ws";

/**
 * A server that speaks WebSocket at one path, and sends back each text in capitals; every other is a page. As much of RFC 6455 as a browser's
 * short texts need.
 */
export async function startEcho(at: string): Promise<OwnServer> {
  return serve(
    (_, response) => response.end("grafana"),
    (request, socket) => {
      if (request.url !== at) return void socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
      const key = `${request.headers["sec-websocket-key"] ?? ""}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      const accept = createHash("sha1").update(key).digest("base64");
      const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
      socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, "", ""].join("\r\n"));
      socket.on("data", (frame: Buffer) => {
        const length = (frame[1] ?? 0) & 0x7f;
        const isText = ((frame[0] ?? 0) & 0x0f) === 1;
        if (!isText) return void socket.end();
        const mask = frame.subarray(2, 6);
        const text = Buffer.from(frame.subarray(6, 6 + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
        const answer = Buffer.from(text.toString().toUpperCase());
        socket.write(Buffer.concat([Buffer.from([0x81, answer.length]), answer]));
      });
      socket.on("error", () => socket.destroy());
    },
  );
}
