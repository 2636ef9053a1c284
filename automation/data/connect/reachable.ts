import { connect } from "node:net";
import { call } from "../../../components/rest/call.ts";
import { isNear } from "../../../components/rest/proxy.ts";

/** A machine of the lab's own network answers a connection in milliseconds; one that nothing routes to, never. */
const WITHIN_MS = 3_000;

/** What a proxy says of a host that it does not reach. */
const OF_A_PROXY = [502, 503, 504];

/** Why nothing can be reached at a host and port from this machine, `ECONNREFUSED`; undefined where something listens there. */
export async function whyUnreachable(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (why: string | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(why);
    };
    const timer = setTimeout(() => {
      end(`no answer within ${WITHIN_MS / 1000} s`);
    }, WITHIN_MS);
    socket.once("connect", () => {
      end(undefined);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      end(error.code ?? error.message);
    });
  });
}

/** The same for a URL that `fetch` asks, which may go by a proxy of the environment. A stack that names no address has words in its place. */
export async function whyUrlUnreachable(url: string): Promise<string | undefined> {
  if (!URL.canParse(url)) return "nothing says which address that is";
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const why = await whyUnreachable(host, Number(port) || (protocol === "https:" ? 443 : 80));
  if (why === undefined || isNear(host)) return why;
  const answered = call(url, { method: "HEAD", headers: {}, limitMs: WITHIN_MS });
  return answered.then(
    ({ status }) => (OF_A_PROXY.includes(status) ? why : undefined),
    () => why,
  );
}
