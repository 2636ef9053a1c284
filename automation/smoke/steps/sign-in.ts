import { clientOf, type Step } from "../step.ts";

/** By the password that the stack has. Nothing of it asks CVAT's policy agent. */
export const signIn: Step = {
  name: "sign-in",
  title: "Signing in",
  limitMs: 60_000,
  needs: [],
  async work(trial, watch) {
    const client = await clientOf(trial, watch);
    const { version } = await client.get<{ version: string }>("server/about");
    return `CVAT ${version}, as ${client.username}`;
  },
  cure: ({ namespace }) =>
    `Is CVAT's server up, and does this machine reach it? kubectl -n ${namespace} get pods; npm run platform -- open cvat`,
};
