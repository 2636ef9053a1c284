/** The rectangle that is drawn on the picture, in pixels, and the label it has. */
export const BOX = { label: "smoke-test", left: 10.5, top: 12.25, right: 40, bottom: 30 } as const;
export const POINTS = [BOX.left, BOX.top, BOX.right, BOX.bottom];
/** CVAT's own files have two places. */
const PRECISION = 0.01;

/** Whether numbers are those of a rectangle's corners, or of a corner, width and height. */
export const isNear = (found: readonly number[], wanted: readonly number[]): boolean =>
  found.length === wanted.length && wanted.every((value, at) => Math.abs((found[at] ?? Infinity) - value) <= PRECISION);
