import type { ApiAnswer } from "../../kubernetes/api-server.ts";
import { pageTitle as titleOf } from "../../rest/answer.ts";

/**
 * The title of a page that the web server in front of the dashboard wrote itself, such as `504 Gateway Time-out`; undefined for every other
 * answer. Its image has an nginx before the program: 502 while that is not there, 504 after a minute, and its index page for every path
 * that is not of the API. (nuclio-real.md, F18)
 */
export function pageTitle({ text }: Pick<ApiAnswer, "text">): string | undefined {
  const title = titleOf(text);
  return title === "" ? "a page without a title" : title;
}

/** Whether an answer says that the web server gave up waiting, whatever the dashboard went on to do. */
export function isGivenUp(answer: ApiAnswer): boolean {
  return answer.status === 504 && pageTitle(answer) !== undefined;
}
