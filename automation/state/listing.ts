import { textTable } from "../report/table.ts";
import { hasState } from "../engine/steps.ts";
import type { StoredState } from "../engine/stored-state.ts";
import { checkpointIn, isSameState } from "./checkpoint.ts";
import type { StateFiles } from "./files.ts";
import { recordIn, type UpdateRecord } from "./record.ts";
import { bytesOf, type SavedState } from "./saved.ts";

/** A kept state, with what is known of it. Nothing of a secret is in it. */
export interface ListedState extends Partial<UpdateRecord> {
  id: string;
  /** `2026-11-30T10:15:02.123Z`. */
  saved: string;
  kept: SavedState["kept"];
  bytes: number;
  /** How many things of the lab it knows. Undefined: it cannot be read. */
  resources: number | undefined;
  /** Whether it is the present state. */
  isPresent: boolean;
  /** Why it, or the record of it, cannot be read. */
  unreadable?: string;
}

/** How many are read at once. */
const AT_ONCE = 4;

/** Reads states, in their order. */
export async function listed(
  files: StateFiles,
  states: readonly SavedState[],
  present: StoredState,
): Promise<ListedState[]> {
  const found: ListedState[] = [];
  for (let at = 0; at < states.length; at += AT_ONCE) {
    found.push(...(await Promise.all(states.slice(at, at + AT_ONCE).map((one) => listedOf(files, one, present)))));
  }
  return found;
}

async function listedOf(files: StateFiles, state: SavedState, present: StoredState): Promise<ListedState> {
  const { id, kept, checkpoint, record } = state;
  const known = { id, saved: new Date(state.saved).toISOString(), kept, bytes: bytesOf(state) };
  try {
    const { deployment } = checkpointIn(checkpoint, await files.read(checkpoint));
    return {
      ...known,
      ...(record !== undefined && recordIn(record, await files.read(record))),
      resources: (deployment.resources ?? []).filter(hasState).length,
      isPresent: isSameState(deployment, present.deployment),
    };
  } catch (error) {
    const unreadable = error instanceof Error ? error.message : String(error);
    return { ...known, resources: undefined, isPresent: false, unreadable };
  }
}

export function listText(
  stack: string,
  states: readonly ListedState[],
  older: { states: number; bytes: number },
): string {
  if (states.length === 0)
    return `Nothing is kept of ${stack} yet: the engine keeps a state after each up, destroy and refresh.`;
  const rows = states.map(({ id, saved, update, result, by, commit, resources, kept, bytes, isPresent }) => [
    isPresent ? `${id} *` : id,
    saved.slice(0, 19).replace("T", " "),
    [update ?? "", result === "succeeded" ? "" : (result ?? "")].filter(Boolean).join(", "),
    [by, commit].filter(Boolean).join(", "),
    resources ?? "unreadable",
    kept.join(" and "),
    sizeText(bytes),
  ]);
  const all = states.reduce((sum, { bytes }) => sum + bytes, older.bytes);
  return [
    textTable(["id", "saved (UTC)", "after", "by", "resources", "kept as", "size"], rows, { right: [4, 6] }),
    ...states.flatMap(({ id, unreadable }) => (unreadable === undefined ? [] : [`${id}: ${unreadable}`])),
    ...(older.states > 0 ? [`${older.states} older ones, ${sizeText(older.bytes)}: --all`] : []),
    `${sizeText(all)} in all.${states.some(({ isPresent }) => isPresent) ? " * is the present state." : ""}`,
  ].join("\n");
}

/** `20261130-101502 (up, 205 resources)`. */
export function stateText({ id, update, result, resources }: ListedState): string {
  const what = [update, result === "succeeded" ? undefined : result, resources && `${resources} resources`];
  return `${id} (${what.filter(Boolean).join(", ")})`;
}

/** `1.4 MB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
