import { uploadTo } from "../../data/cvat/upload.ts";
import { drawn, PICTURE } from "../picture.ts";
import { madeBy, spaceOf, type Step } from "../step.ts";

/** A drawn picture, into CVAT's own claim: no cloud storage is needed for it. */
export const upload: Step = {
  name: "upload",
  title: "Uploading a picture",
  limitMs: 120_000,
  needs: ["task"],
  async work(trial, watch) {
    const bytes = await drawn();
    const { id } = madeBy(trial.made.task, "task");
    await uploadTo(await spaceOf(trial, watch), `tasks/${id}`, { name: PICTURE.name, bytes }, watch.signal);
    return `${PICTURE.width} x ${PICTURE.height}, ${bytes.length} bytes`;
  },
  cure: ({ namespace }) =>
    `CVAT's server writes uploads into the claim cvat-backend-data. Is it full? kubectl -n ${namespace} exec deployment/cvat-backend-server -- df -h /home/django/data (docs/day-two.md, "Grow a claim"). A 413 is of what stands before CVAT: its limit on a body is too small.`,
};
