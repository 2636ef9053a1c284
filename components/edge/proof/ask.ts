import { spellingsOf } from "../spellings.ts";

/** What is known of an edge before it is asked. */
export interface Asked {
  /** Where people come, without a slash at the end. */
  url: string;
  /** Address that is open, perhaps at another host, and that the application answers 200 to. */
  open: string;
  /** Header that only the gatekeeper may send. */
  header: string;
  /** Whether the edge refuses encoded slashes itself: nginx decodes them before it chooses a route, and no filter of a Gateway does. */
  refusesSlashes: boolean;
}

/** Sends a GET, follows nothing. Throws, with a sentence, where no answer came. */
export type Send = (address: string, headers: Readonly<Record<string, string>>) => Promise<{ status: number }>;

/** A token that nobody signed: who gets it answers 401, on a page that is open too. (cvat-rest-measured.md 1) */
const FORGED = "e30.e30.forged";

const CURE = "Set aliasHeadersStrategy: delete for Traefik's entry point (static configuration, from 3.7.12)";

/**
 * Asks the edge as it runs what its objects cannot tell: whether pages ask for a session, whether a forged header arrives at the application
 * in any of its spellings, whether an encoded slash is refused.
 * @returns what is not as it should be, or could not be told, each as a sentence
 */
export async function askEdge({ url, open, header, refusesSlashes }: Asked, send: Send): Promise<string[]> {
  const status = async (address: string, headers: Readonly<Record<string, string>> = {}) =>
    (await send(address, headers)).status;
  try {
    const plain = await status(open);
    if (plain !== 200) return [unknown(url, `GET ${open} answers ${plain}`)];
    const page = await status(`${url}/`);
    const slash = refusesSlashes ? await status(`${url}/static/..%2fapi`) : 400;
    const arriving: string[] = [];
    for (const name of spellingsOf(header)) {
      const answer = await status(open, { [name]: FORGED });
      if (answer === 401 || answer === 403) arriving.push(name);
      else if (answer !== 200) return [unknown(url, `GET ${open} with ${name} answers ${answer}`)];
    }
    return [
      ...(page >= 500 ? [unknown(url, `GET / answers ${page}`)] : []),
      ...(page < 300
        ? [
            `${url}/ answers ${page} to who has no session: its routes are not in force, or another route wins over them.`,
          ]
        : []),
      ...(slash < 400 || slash >= 500
        ? [`${url} does not refuse a path with an encoded slash (it answers ${slash}): Traefik does from 3.7 on.`]
        : []),
      ...(arriving.length > 0
        ? [
            `${url} lets ${arriving.join(", ")} through to CVAT, whoever sends it. CVAT verifies the token in it, so a forged one opens nothing. ${CURE}.`,
          ]
        : []),
    ];
  } catch (error) {
    return [unknown(url, error instanceof Error ? error.message : String(error))];
  }
}

function unknown(url: string, why: string): string {
  return `Not known whether ${url} asks for a session and takes forged headers away: ${why}. The next up asks again.`;
}
