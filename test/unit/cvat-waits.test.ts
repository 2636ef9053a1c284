import { describe, expect, it, onTestFinished } from "vitest";
import { kind as proof } from "../../components/cvat/registration/proof.ts";
import { kind as users } from "../../components/cvat/users/ready.ts";
import { USERS } from "../../components/cvat/names.ts";
import type { Run } from "../../components/records/kind.ts";
import { startCvat } from "../fixtures/cvat/stand-in.ts";
import { startApiLists } from "./api-lists.ts";

function run() {
  const ends = new AbortController();
  const warnings: string[] = [];
  const calls: Run = {
    engine: {},
    signal: ends.signal,
    say: () => undefined,
    warn: (text) => void warnings.push(text),
  };
  return { calls, ends, warnings };
}

describe("the proof that nobody makes an account by himself", () => {
  async function cvat(registration: "open" | "closed") {
    const stood = await startCvat({ registration });
    onTestFinished(() => stood.end());
    const { kubeconfig } = await startApiLists({});
    return { endpoint: stood.url, connection: { namespace: "cvat", kubeconfig } };
  }

  it("is made where CVAT is closed, asked again in each run, and stays", async () => {
    const inputs = await cvat("closed");
    const { calls, warnings } = run();
    const { outs } = await proof.create(inputs, calls);
    expect(outs).toEqual({ ...inputs, closed: true });
    expect(await proof.diff(outs, inputs, calls)).toEqual({ changed: [] });
    expect(warnings).toEqual([]);
  });

  it("is made anew, and fails, where CVAT is open since", async () => {
    const inputs = await cvat("open");
    const { calls, warnings } = run();
    const outs = { ...inputs, closed: true as const };
    expect(await proof.diff(outs, inputs, calls)).toEqual({ changed: ["closed"] });
    expect(warnings).toEqual([]);
    await expect(proof.update("closed", outs, inputs, calls)).rejects.toThrow(/is open to everybody: POST /);
  });

  it("stays where nobody can tell, which is a warning", async () => {
    const inputs = { ...(await cvat("closed")), endpoint: "http://127.0.0.1:1" };
    const { calls, warnings } = run();
    expect(await proof.diff({ ...inputs, closed: true }, inputs, calls)).toEqual({ changed: [] });
    expect(warnings).toEqual([expect.stringMatching(/^Not known whether .* closed through http:\/\/127\.0\.0\.1:1: /)]);
  });
});

describe("the wait for CVAT's users", () => {
  const job = (condition: string) => ({
    metadata: { name: USERS },
    status: { conditions: [{ type: condition, status: "True" }] },
  });
  const pod = {
    metadata: { name: `${USERS}-x2b4c`, labels: { app: USERS } },
    status: { containerStatuses: [{ state: { terminated: { exitCode: 1, message: "no such user: eva" } } }] },
  };
  const inputs = (kubeconfig: string) => ({
    connection: { namespace: "cvat", kubeconfig },
    job: "a-uid",
    timeoutMs: 60_000,
  });

  it("ends when they are made, and is no other for another time limit", async () => {
    const { kubeconfig } = await startApiLists({ jobs: [job("Complete")] });
    const wanted = inputs(kubeconfig);
    const { outs } = await users.create(wanted, run().calls);
    expect(await users.diff(outs, { ...wanted, timeoutMs: 1 }, run().calls)).toEqual({ changed: [] });
    expect(await users.diff(outs, { ...wanted, job: "another" }, run().calls)).toEqual({ changed: ["job"] });
  });

  it("tells the last words of the pod where they are not", async () => {
    const { kubeconfig } = await startApiLists({ jobs: [job("Failed")], pods: [pod] });
    await expect(users.create(inputs(kubeconfig), run().calls)).rejects.toThrow(
      /^CVAT's users were not made: no such user: eva\. Cure it and run up again/,
    );
  });

  it("ends with the run", async () => {
    const { kubeconfig, requests } = await startApiLists({ jobs: [job("Running")] });
    const { calls, ends } = run();
    const made = users.create(inputs(kubeconfig), calls);
    made.catch(() => undefined);
    await expect.poll(() => requests.length, { timeout: 10_000 }).toBeGreaterThan(0);
    ends.abort(new Error("The run was ended."));
    await expect(made).rejects.toThrow("The run was ended.");
  });
});
