import { UserError } from "../../../components/program/errors.ts";
import { BOX, isNear, POINTS } from "../box.ts";
import { madeBy, spaceOf, type Step } from "../step.ts";
import { logOf } from "../store-log.ts";

interface Annotations {
  shapes: { type: string; frame: number; label_id: number; points: number[] }[];
}

/** A rectangle, saved as CVAT's pages save it, and read back. */
export const annotate: Step = {
  name: "annotate",
  title: "Drawing a rectangle",
  limitMs: 60_000,
  needs: ["import"],
  async work(trial, watch) {
    const { client, organization } = await spaceOf(trial, watch);
    const place = `jobs/${madeBy(trial.made.job, "job").id}/annotations`;
    const label_id = madeBy(trial.made.label, "label").id;
    const shape = { type: "rectangle", occluded: false, frame: 0, label_id, points: POINTS, group: 0, z_order: 0 };
    const body = { version: 0, tags: [], tracks: [], shapes: [{ ...shape, attributes: [] }] };
    await client.patch(place, body, { query: { action: "create" }, organization });
    const { shapes } = await client.get<Annotations>(place, { organization });
    const isThere = shapes.some(
      (one) => one.type === "rectangle" && one.label_id === label_id && isNear(one.points, POINTS),
    );
    if (!isThere)
      throw new UserError(`A rectangle ${POINTS.join(", ")} was saved, and CVAT reads back: ${JSON.stringify(shapes)}`);
    return `${BOX.right - BOX.left} x ${BOX.bottom - BOX.top} pixels, read back`;
  },
  cure: ({ namespace, postgresql }) =>
    `CVAT's server and its database: kubectl -n ${namespace} logs deployment/cvat-backend-server; ${logOf(namespace, "cvat-postgresql", "cvat.postgresql", postgresql.external)}`,
};
