import { connect } from "node:net";
import { until } from "../../components/rest/until.ts";
import {
  kill,
  parentsOf,
  programOf,
  runningProcesses,
  startOf,
  usersOf,
  valuesOf,
  worldOf,
  type RunningProcess,
} from "../processes.ts";

/** What the engine is called with by which it and its plugins find each other: an address of loopback. */
const ADDRESS = /^127\.0\.0\.1:(\d+)$/;
/** Plugins, language hosts and the SDK's own scripts, ours among them. */
const PLUGIN = /(^|\/)pulumi-(resource|language)-[\w-]+$|\/@pulumi\/pulumi\/cmd\/|\/provider\/main\.ts$/;
const GONE_WITHIN_MS = 10_000;
const ANSWERS_WITHIN_MS = 1_000;

/** Whose plugins are looked for. */
export interface Engine {
  project: string;
  /** PULUMI_BACKEND_URL, as the engine had it; undefined where it was not set. */
  backend: string | undefined;
}

/**
 * The plugins of engines that were killed, and what they started: they go on with what they have begun for seconds, and stay for good. By a
 * plain `pulumi` nothing of ours is written down; but each plugin is told its engine's address, on which nobody listens any more, and its
 * environment names project and backend. Only processes of this user are looked at, and of this container.
 */
export async function orphansOf({ project, backend }: Engine): Promise<RunningProcess[]> {
  const projects = valuesOf("PULUMI_PROJECT");
  const backends = valuesOf("PULUMI_BACKEND_URL");
  const users = usersOf();
  const all = runningProcesses();
  const here = worldOf(process.pid);
  const ours = all.filter(
    ({ pid, words }) =>
      projects.get(pid) === project &&
      backends.get(pid) === backend &&
      users.get(pid) === process.getuid?.() &&
      words.some((word) => PLUGIN.test(word)) &&
      worldOf(pid) === here,
  );
  const dead: RunningProcess[] = [];
  for (const found of ours) {
    const [, port] = found.words.map((word) => ADDRESS.exec(word)).find((match) => match !== null) ?? [];
    if (port !== undefined && !(await isListening(Number(port)))) dead.push(found);
  }
  return withChildren(dead, all);
}

function withChildren(roots: readonly RunningProcess[], all: readonly RunningProcess[]): RunningProcess[] {
  const parents = parentsOf();
  const found = new Set(roots.map(({ pid }) => pid));
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { pid } of all) if (found.has(parents.get(pid) ?? 0)) found.add(pid);
  }
  found.delete(process.pid);
  return all.filter(({ pid }) => found.has(pid));
}

/** Whether somebody listens on a port of loopback: only a refusal says that nobody does. */
async function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: ANSWERS_WITHIN_MS });
    const answer = (listens: boolean) => {
      socket.destroy();
      resolve(listens);
    };
    socket.on("connect", () => answer(true));
    socket.on("timeout", () => answer(true));
    socket.on("error", (error: NodeJS.ErrnoException) => answer(error.code !== "ECONNREFUSED"));
  });
}

/** Ends processes at once, and waits until they are gone. */
export async function endProcesses(some: readonly RunningProcess[]): Promise<void> {
  const began = new Map(some.map(({ pid }) => [pid, startOf(pid)]));
  const left = () => some.filter(({ pid }) => startOf(pid) !== undefined && startOf(pid) === began.get(pid));
  for (const { pid } of left()) kill(pid);
  await until(left, { isDone: (found) => found.length === 0, everyMs: 50, withinMs: GONE_WITHIN_MS });
}

/** How a plugin is called that outlived its engine. */
export function orphanText(found: RunningProcess): string {
  const plugin = found.words.find((word) => PLUGIN.test(word));
  const name = plugin?.match(/pulumi-(resource|language)-[\w-]+$/)?.[0] ?? programOf(found);
  return `${name} (process ${found.pid})`;
}
