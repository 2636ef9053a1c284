import type { ApiAnswer } from "../../components/kubernetes/api-server.ts";
import { errorText } from "../../components/nuclio/client/dashboard.ts";
import { isGivenUp } from "../../components/nuclio/client/pages.ts";

/** What the dashboard says where a function cuts a request off while it is sent. (nuclio-real.md, F17) */
const CUT_OFF = /write tcp .*(broken pipe|connection reset)/;

/** Why a call of a function has no result, and the cure where it is known. */
export function callProblem(name: string, answer: ApiAnswer): string {
  if (isGivenUp(answer))
    return (
      `Function ${name} has not answered within a minute, and then the web server in front of Nuclio's dashboard gives up, for CVAT too. ` +
      `It may still be at work, and take nothing else meanwhile. Its log: npm run platform -- function logs ${name}`
    );
  const reason = errorText(answer);
  if (CUT_OFF.test(reason))
    return `Function ${name} cuts the request off: it is larger than vision-platform:functions.${name}.maxRequestBodySize allows, or its pod ended. A picture grows by a third on its way.`;
  return `Function ${name} answers ${answer.status}: ${reason}`;
}
