import { counted } from "../../data/dataset/amounts.ts";
import { deadProjects, removeProject } from "../own-projects.ts";
import { clientOf, type Step } from "../step.ts";

/** What runs have left that were killed, or that could not remove it. */
export const earlier: Step = {
  name: "earlier",
  title: "Removing what earlier runs have left",
  limitMs: 60_000,
  needs: ["policy"],
  async work(trial, watch) {
    const client = await clientOf(trial, watch);
    const dead = await deadProjects(client);
    for (const project of dead) await removeProject(client, project);
    return dead.length === 0 ? "nothing was left" : `removed ${counted(dead.length, "project")} of runs that died`;
  },
  cure: () => "Its projects begin with `smoke test`: they can be deleted on CVAT's pages.",
};
