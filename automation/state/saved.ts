import { PROJECT } from "../../components/lab/sections.ts";
import type { StateFile, StateFiles } from "./files.ts";

/** A state that the engine has kept of an update: in its history, as a backup, or in both. */
export interface SavedState {
  /** When it was saved, in UTC: `20261130-101502`. Of two in one second the later has thousandths behind it. */
  id: string;
  /** Milliseconds since 1970. */
  saved: number;
  /** Which of the engine's two ways have kept it. */
  kept: ("history" | "backup")[];
  /** The file that has the state itself. */
  checkpoint: string;
  /** The file that says what update it was. A backup has none. */
  record: string | undefined;
  /** All its files. */
  files: StateFile[];
}

/** Where the engine keeps what belongs to a stack. (pulumi: pkg/backend/diy/store.go, projectReferenceStore) */
export const foldersOf = (stack: string) => ({
  history: `.pulumi/history/${PROJECT}/${stack}`,
  backups: `.pulumi/backups/${PROJECT}/${stack}`,
});

/** A backup is written right after the history of the same update, under the same lock. (pulumi: pkg/backend/diy/backend.go, apply) */
const TOGETHER_MS = 10_000;
const NANOSECONDS = 1_000_000;
const ENDING = "\\.json(?:\\.gz|\\.zst)?$";

/** Every state that is kept of a stack, the newest first. */
export async function savedStates(files: StateFiles, stack: string): Promise<SavedState[]> {
  const { history, backups } = foldersOf(stack);
  const [ofHistory, ofBackups] = await Promise.all([files.list(history), files.list(backups)]);
  return savedIn(stack, ofHistory, ofBackups);
}

/** The same of files that were listed. What the engine does not name so is none of it. */
export function savedIn(stack: string, history: readonly StateFile[], backups: readonly StateFile[]): SavedState[] {
  const name = stack.replace(/[.]/g, "\\.");
  const parts = timed(history, new RegExp(`/${name}-(\\d{16,})\\.(history|checkpoint)${ENDING}`));
  const copies = timed(backups, new RegExp(`/${name}\\.(\\d{16,})${ENDING}`));
  const times = [...new Set(parts.map(({ saved }) => saved))].sort((one, other) => one - other);
  const updates = times.flatMap((saved, index): Omit<SavedState, "id">[] => {
    const own = parts.filter((part) => part.saved === saved);
    const checkpoint = own.find(({ kind }) => kind === "checkpoint");
    const next = times[index + 1] ?? Infinity;
    const copy = copies.find((one) => one.saved >= saved && one.saved < next && one.saved - saved < TOGETHER_MS);
    if (checkpoint === undefined && copy === undefined) return [];
    return [
      {
        saved,
        kept: [...(checkpoint ? (["history"] as const) : []), ...(copy ? (["backup"] as const) : [])],
        checkpoint: (checkpoint ?? copy)?.file.key ?? "",
        record: own.find(({ kind }) => kind === "history")?.file.key,
        files: [...own, ...(copy ? [copy] : [])].map(({ file }) => file),
      },
    ];
  });
  const paired = new Set(updates.flatMap(({ files }) => files.map(({ key }) => key)));
  const alone = copies
    .filter(({ file }) => !paired.has(file.key))
    .map(({ saved, file }): Omit<SavedState, "id"> => ({
      saved,
      kept: ["backup"],
      checkpoint: file.key,
      record: undefined,
      files: [file],
    }));
  return named([...updates, ...alone].sort((one, other) => one.saved - other.saved)).reverse();
}

function timed(files: readonly StateFile[], pattern: RegExp) {
  return files.flatMap((file) => {
    const [, nanoseconds, kind] = pattern.exec(file.key) ?? [];
    return nanoseconds === undefined ? [] : [{ file, kind, saved: Number(nanoseconds) / NANOSECONDS }];
  });
}

function named(states: readonly Omit<SavedState, "id">[]): SavedState[] {
  const taken = new Set<string>();
  return states.map((state) => {
    const whole = new Date(state.saved).toISOString().replace(/[-:]/g, "").replace("T", "-");
    const second = whole.slice(0, 15);
    const id = taken.has(second) ? `${second}-${whole.slice(16, 19)}` : second;
    taken.add(id);
    return { id, ...state };
  });
}

export const bytesOf = ({ files }: Pick<SavedState, "files">): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

/** Which states go: all but the newest ones, or those from before a time. The newest never does. */
export function toPrune(states: readonly SavedState[], rule: { keep: number } | { before: number }): SavedState[] {
  const older = states.slice(1);
  return "keep" in rule ? older.slice(rule.keep - 1) : older.filter(({ saved }) => saved < rule.before);
}
