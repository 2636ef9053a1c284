import type { LabelConfig } from "./project-config.ts";

/**
 * The drawing of a skeleton as CVAT keeps it: points by their names, for which it puts its numbers. (cvat/apps/engine/serializers.py:
 * LabelSerializer; the form is that of a recorded project of 2.64)
 */
export function skeletonSvg({ points, edges }: Pick<LabelConfig, "points" | "edges">): string {
  const numberOf = (name: string) => points.findIndex((one) => one.name === name) + 1;
  const lines = edges.map(([from, to]) => {
    const [one, other] = [points[numberOf(from) - 1], points[numberOf(to) - 1]];
    return `<line x1="${one?.x ?? 0}" y1="${one?.y ?? 0}" x2="${other?.x ?? 0}" y2="${other?.y ?? 0}" data-type="edge" data-node-from="${numberOf(from)}" data-node-to="${numberOf(to)}"></line>`;
  });
  const circles = points.map(
    ({ name, x, y }, index) =>
      `<circle r="1.5" cx="${x}" cy="${y}" data-type="element node" data-element-id="${index + 1}" data-node-id="${index + 1}" data-label-name="${name}"></circle>`,
  );
  return [...lines, ...circles].join("");
}
