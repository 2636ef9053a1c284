import { expect } from "vitest";
import type { KillLab } from "./lab.ts";

/** An up that nobody kills, after one that was: it warns of nothing, and nothing is left. */
export async function endsLikeNothingHappened(lab: KillLab): Promise<void> {
  const { outcome } = await lab.up();
  expect(outcome.warnings.filter((text) => /pending|killed/.test(text))).toEqual([]);
  expect(await lab.left()).toEqual([]);
}

/** A release of CVAT that nobody knows, so that no other is read where it stands. */
export const release = (turn: number) => `cvat/server:v2.64.${100 + turn}`;

export async function setRelease(lab: KillLab, turn: number): Promise<void> {
  await lab.set(["cvat", "allowUnknownVersions"], true);
  await lab.set(["cvat", "images"], { server: release(turn) });
}
