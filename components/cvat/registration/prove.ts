import { UserError } from "../../program/errors.ts";
import { ask, PATIENCE, type Finding, type Patience, type Send } from "./ask.ts";
import { QUESTIONS, type Way } from "./questions.ts";

/** How CVAT is asked, each way by the name a person knows it by. */
export type Ways = Readonly<Record<Way, { name: string; send: Send }>>;

/** What asking came to, each as a sentence. */
export interface Proof {
  /** That CVAT is open, and where. */
  open?: string;
  /** What could not be told. */
  unknown: string[];
}

/**
 * Asks CVAT itself, both ways, whether strangers can make an account or have a password reset. Makes nothing.
 * @param signal ends it, which then throws its reason. Default: nothing does.
 */
export async function askWhetherClosed(
  ways: Ways,
  patience: Patience = PATIENCE,
  signal?: AbortSignal,
): Promise<Proof> {
  const asked = (["edge", "direct"] as const).map((way) => ask(way, QUESTIONS, ways[way].send, patience, signal));
  const findings = (await Promise.all(asked)).flat();
  const open = findings.filter(({ verdict }) => verdict === "open");
  return { ...(open.length > 0 && { open: openProblem(open, ways) }), unknown: unknownTexts(findings, ways) };
}

/**
 * The same, of which nothing but closed, or what nobody can tell, is taken.
 * @returns what could not be told, as sentences
 * @throws UserError when it is open
 */
export async function proveClosed(ways: Ways, patience: Patience = PATIENCE, signal?: AbortSignal): Promise<string[]> {
  const { open, unknown } = await askWhetherClosed(ways, patience, signal);
  if (open !== undefined) throw new UserError(open);
  return unknown;
}

function openProblem(open: readonly Finding[], ways: Ways): string {
  const what = [...new Set(open.map(({ about }) => about))].join(" and ");
  const where = open.map(({ path, way }) => `POST ${path} (${ways[way].name})`).join(", ");
  return [
    `CVAT's ${what} is open to everybody: ${where} asks for the fields to fill in.`,
    "vision-platform:cvat.registration is `closed`, which settings in CVAT's server are to see to. A stack of an earlier version gets them by a whole up; else see whether vision-platform:cvat.values or cvat.images.server bring other settings (DJANGO_SETTINGS_MODULE), or whether another CVAT answers there; set cvat.registration to `open` if it is to be.",
  ].join(" ");
}

/** One sentence a way: what it says of one question it mostly says of the others. */
function unknownTexts(findings: readonly Finding[], ways: Ways): string[] {
  return (["edge", "direct"] as const).flatMap((way) => {
    const [first, ...others] = findings.filter((one) => one.way === way && one.verdict === "unknown");
    if (!first) return [];
    const more = others.length > 0 ? ` and ${others.length} more` : "";
    return [
      `Not known whether CVAT's registration and password reset are closed ${ways[way].name}: POST ${first.path}${more}: ${first.detail}. The next up asks again.`,
    ];
  });
}
