import { expect, it } from "vitest";
import { dashboard } from "../../components/nuclio/client/dashboard.ts";
import { Unreached, type ApiAnswer, type Send } from "../../components/api-server.ts";

/** A dashboard that answers as it is told, one call after the other, and the last answer for ever. */
function answering(...answers: (ApiAnswer | Unreached)[]) {
  const asked: string[] = [];
  const send: Send = ({ method, path }) => {
    asked.push(`${method} ${path}`);
    const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? { status: 200, text: "{}" };
    return answer instanceof Unreached ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { nuclio: dashboard(send, { namespace: "cvat" }), asked };
}

const NONE: ApiAnswer = { status: 200, text: "{}" };
const failing = { status: 500, text: '{"error":"oh no"}' };

it.each([
  ["the dashboard", { status: 429, text: "", retryAfterMs: 800 }],
  ["the API server before it", new Unreached("too many requests", { status: 429, retryAfterMs: 800 })],
])("waits as long as it is asked to: %s", async (_, answer) => {
  const { nuclio } = answering(answer, NONE);
  const start = performance.now();
  expect(await nuclio.functions()).toEqual({});
  expect(performance.now() - start).toBeGreaterThan(1_050);
});

it("looks once more where the dashboard fails, and then tells it", async () => {
  expect(await answering(failing, NONE).nuclio.functions()).toEqual({});
  const { nuclio, asked } = answering(failing);
  await expect(nuclio.functions()).rejects.toThrow("Nuclio's dashboard answers 500: oh no");
  expect(asked).toHaveLength(2);
});

it("does not make a function twice where the dashboard fails on it", async () => {
  const { nuclio, asked } = answering(failing);
  await expect(nuclio.createProject("cvat")).rejects.toThrow("oh no");
  expect(asked).toHaveLength(1);
});
