import { createHash } from "node:crypto";

/** So many of a task's frames, in their order; the same ones for the same seed. */
export function drawn(size: number, count: number, seed: string): number[] {
  const rank = (frame: number) => createHash("sha1").update(`${seed} ${frame}`).digest("hex");
  return Array.from({ length: size }, (_, frame) => frame)
    .sort((one, other) => (rank(one) < rank(other) ? -1 : 1))
    .slice(0, count)
    .sort((one, other) => one - other);
}

/** As many as are asked for, by number or by share. */
export function countIn(asked: Readonly<Record<string, unknown>>, size: number): number {
  const share = asked["frame_share"];
  return Number(asked["frame_count"] ?? (typeof share === "number" ? Math.max(1, Math.round(share * size)) : 0));
}
