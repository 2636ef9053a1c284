import { askEdge } from "../../../components/edge/proof/ask.ts";
import { UserError } from "../../../components/program/errors.ts";
import { call } from "../../../components/rest/call.ts";
import { clientOf, LeftOut, madeBy, type Step } from "../step.ts";
import { withoutSignIn } from "../without-sign-in.ts";

const ANSWER_MS = 10_000;

/** What stands before CVAT asks for a session, and lets nobody say who he is. */
export const edge: Step = {
  name: "edge",
  title: "Asking the edge without a session",
  limitMs: 60_000,
  needs: ["sign-in"],
  leftOut: withoutSignIn,
  async work(trial, watch) {
    const asked = madeBy(trial.edge, "edge");
    const client = await clientOf(trial, watch);
    const url = await trial.lab.urlOfCvat();
    if (client.endpoint !== url)
      throw new LeftOut(`this machine does not reach ${url}: CVAT is tried past its edge, by a port-forward`);
    const send = (address: string, headers: Readonly<Record<string, string>>) =>
      call(address, { method: "GET", headers, limitMs: ANSWER_MS, signal: watch.signal });
    const wrong = await askEdge(asked, send);
    if (wrong.length > 0) throw new UserError(wrong);
    return `${asked.url} asks for a session, and ${asked.header} comes from nobody but its gatekeeper`;
  },
  cure: ({ namespace }) =>
    `Its routes, and what answers for sessions: npm run platform -- up; kubectl -n ${namespace} logs deployment/cvat-sso-proxy (docs/sign-in.md, "The edge: who comes in where")`,
};
