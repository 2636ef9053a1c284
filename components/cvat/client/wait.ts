import { UserError } from "../../program/errors.ts";
import { call, jsonOf, type Answer } from "../../rest/call.ts";
import { until } from "../../rest/until.ts";
import { PATIENCE_MS, type Connection } from "./connection.ts";
import { CvatError } from "./errors.ts";
import { exchange } from "./exchange.ts";

/** Asked too often, CVAT turns an address away that did not sign in: 100 calls a minute. (cvat-rest-measured.md 7.4) */
const POLL_MS = 1_000;
const TURNED_AWAY = 429;
const PROBE_MS = 10_000;

/** Checks that say how full the node is. CVAT works on; its web pages do not let anybody in. (cvat.md section 5) */
const NOT_IN_THE_WAY = ["DiskUsage", "MemoryUsage"];

/**
 * Waits until CVAT answers and the systems behind it work. No token is sent: with a dead one even this page is refused. (1.1)
 * One that turns us away for asking too often is up.
 * @param signal ends the wait
 * @throws UserError when the time is up, naming what does not work
 */
export async function waitForCvat(
  { endpoint, patienceMs = PATIENCE_MS }: Pick<Connection, "endpoint" | "patienceMs">,
  signal?: AbortSignal,
): Promise<void> {
  const notReady = (after: string, { problem }: State) =>
    new UserError(`CVAT at ${endpoint} is not ready${after}: ${problem}`);
  const look = async (passedMs: number) => {
    const state = await probe(endpoint, Math.max(1_000, Math.min(PROBE_MS, patienceMs - passedMs)), signal);
    if (state.is === "hopeless") throw notReady("", state);
    return state;
  };
  await until(look, {
    isDone: (state) => state.is === "up",
    everyMs: POLL_MS,
    withinMs: patienceMs,
    late: (state) => notReady(` after ${Math.round(patienceMs / 1000)} s`, state),
    signal,
  });
}

interface State {
  is: "up" | "starting" | "hopeless";
  problem: string;
}

async function probe(endpoint: string, limitMs: number, signal: AbortSignal | undefined): Promise<State> {
  try {
    await exchange(endpoint, { method: "GET", path: "server/about", limitMs, signal }).catch(whenTurnedAway);
    const failing = await failingChecks(endpoint, limitMs, signal);
    return { is: failing.length === 0 ? "up" : "starting", problem: failing.join("; ") };
  } catch (error) {
    if (!(error instanceof CvatError)) throw error;
    return error.status === 400
      ? {
          is: "hopeless",
          problem: `it refuses the host name of this address. Add it to vision-platform:cvat.server.allowedHosts.`,
        }
      : { is: "starting", problem: error.message };
  }
}

/** Its page is not shown, but whoever counts our calls is there. */
function whenTurnedAway(error: unknown): void {
  if (!(error instanceof CvatError) || error.status !== TURNED_AWAY) throw error;
}

function checksIn(answer: Answer): Record<string, unknown> {
  const isJson = answer.headers.get("content-type")?.includes("json");
  return isJson ? (jsonOf(answer) as Record<string, unknown>) : {};
}

/** What CVAT says does not work. With its policy agent down, for one, the first page is fine and every other fails. (1.2) */
async function failingChecks(endpoint: string, limitMs: number, signal: AbortSignal | undefined): Promise<string[]> {
  const url = `${endpoint.replace(/\/+$/, "")}/api/server/health/?format=json`;
  const asked = call(url, { method: "GET", headers: {}, limitMs, signal });
  const checks = await asked.then(checksIn).catch(() => ({}));
  return Object.entries(checks)
    .filter(([name, state]) => state !== "working" && !NOT_IN_THE_WAY.includes(name))
    .map(([name, state]) => `${name}: ${String(state).slice(0, 200)}`);
}
