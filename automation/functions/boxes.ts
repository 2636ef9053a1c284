import { textTable } from "../report/table.ts";

/** One shape as a function gives it to CVAT. (functions/README.md; cvat: lambda_manager/views.py) */
export interface Shape {
  label?: string;
  type?: string;
  confidence?: string | number;
  points?: number[];
  [field: string]: unknown;
}

/** The shapes in an answer of a detector; undefined where it is something else. */
export function shapesIn(answer: unknown): Shape[] | undefined {
  const isShape = (one: unknown) => typeof one === "object" && one !== null && ("points" in one || "mask" in one);
  return Array.isArray(answer) && answer.every(isShape) ? (answer as Shape[]) : undefined;
}

/** Shapes as a table, boxes with their size. */
export function shapesText(shapes: readonly Shape[]): string {
  if (shapes.length === 0) return "Nothing was found.";
  const rows = shapes.map(({ label = "", type = "", confidence = "", points = [] }) => [
    label,
    String(confidence),
    type,
    placeText(type, points),
  ]);
  return textTable(["label", "confidence", "type", "where"], rows, { right: [1] });
}

function placeText(type: string, points: readonly number[]): string {
  const [left, top, right, bottom] = points;
  if (type !== "rectangle" || left === undefined || top === undefined || right === undefined || bottom === undefined) {
    return `${points.length / 2} points`;
  }
  const round = (value: number) => Math.round(value);
  return `${round(left)}, ${round(top)} to ${round(right)}, ${round(bottom)} (${round(right - left)} x ${round(bottom - top)})`;
}
