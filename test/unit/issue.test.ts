import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closeIssue, openIssue } from "../../automation/forge/one-issue.ts";
import type { Marker } from "../../automation/forge/marker.ts";
import { markerLine } from "../../automation/forge/marker.ts";
import type { Place } from "../../automation/forge/where.ts";
import { ACTIONS, REPOSITORY, startHost, TOKEN, type IssueThere, type StandInHost } from "../workflows/host.ts";

const SHA = "a".repeat(40);
const TITLE = "Drift of lab";

let host: StandInHost;
beforeEach(async () => {
  host = await startHost();
});
afterEach(() => host.close());

const where = (value = TOKEN) => {
  const place: Place = {
    host: "github",
    api: host.api,
    repository: REPOSITORY,
    statusRepository: REPOSITORY,
    pull: 0,
    sha: SHA,
    run: 9,
    runUrl: undefined,
    web: undefined,
    isForks: false,
  };
  return { place, token: { value, variable: "GITHUB_TOKEN" }, title: TITLE, firstPauseMs: 5 };
};
const report = (text: string, more: Partial<Marker> = {}) => {
  const marker: Marker = { stack: "lab", label: "issue-drift-of-lab", run: 9, sha: SHA, ...more };
  return { marker, text: `${markerLine(marker)}\n\n${text}` };
};
const there = (number: number, body: string, more: Partial<IssueThere> = {}): IssueThere => ({
  number,
  title: TITLE,
  body,
  state: "open",
  user: { login: ACTIONS },
  ...more,
});
const open = () => host.issues.filter(({ state }) => state === "open");

describe("the one issue of a report", () => {
  it("is opened once, and then brought up to date", async () => {
    expect(await openIssue(where(), report("three objects"))).toMatchObject({ outcome: "posted" });
    expect(await openIssue(where(), report("two objects", { run: 10 }))).toMatchObject({ outcome: "updated" });
    expect(host.issues.map(({ title }) => title)).toEqual([TITLE]);
    expect(open()[0]?.body).toContain("two objects");
  });

  it("is one after two runs at once", async () => {
    await Promise.all([openIssue(where(), report("one")), openIssue(where(), report("two", { run: 10 }))]);
    await openIssue(where(), report("two", { run: 10 }));
    expect(open()).toHaveLength(1);
    expect(open()[0]?.body).toContain("two");
  });

  it("is not a person's, another report's, a closed one or a pull request", async () => {
    const own = report("before", { run: 3 }).text;
    host.issues.push(
      there(1, own, { user: { login: "somebody" } }),
      there(2, report("other", { label: "issue-newest" }).text),
      there(3, own, { state: "closed" }),
      there(4, own, { pull_request: {} }),
    );
    const before = JSON.stringify(host.issues);
    expect(await openIssue(where(), report("found"))).toMatchObject({ outcome: "posted" });
    expect(JSON.stringify(host.issues.slice(0, 4))).toBe(before);
  });

  it("of a newer run stays as it is, and open", async () => {
    host.issues.push(there(1, report("newer", { run: 20 }).text));
    expect(await openIssue(where(), report("older"))).toMatchObject({ outcome: "left" });
    expect(await closeIssue(where(), report("nothing"))).toEqual([]);
    expect(open()[0]?.body).toContain("newer");
  });

  it("is closed with the last word, and nothing is where none is open", async () => {
    await openIssue(where(), report("found"));
    expect(await closeIssue(where(), report("nothing found", { run: 10 }))).toEqual([30]);
    expect(host.issues).toMatchObject([{ state: "closed", body: expect.stringContaining("nothing found") as string }]);
    expect(await closeIssue(where(), report("nothing", { run: 11 }))).toEqual([]);
  });

  it("that may not be written is told with what the token needs, and without the token", async () => {
    const refused = openIssue(where("token-canary-91"), report("found"));
    await expect(refused).rejects.toThrow(/The token in GITHUB_TOKEN needs `permissions: issues: write`/);
    await expect(refused).rejects.not.toThrow("token-canary-91");
  });
});
