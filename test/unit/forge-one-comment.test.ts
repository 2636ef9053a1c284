import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { github, type ForgePlace } from "../../automation/forge/github.ts";
import { gitlab } from "../../automation/forge/gitlab.ts";
import type { Host } from "../../automation/forge/host.ts";
import { markerLine, markerOf, type Marker } from "../../automation/forge/marker.ts";
import { oneComment } from "../../automation/forge/one-comment.ts";
import { nextStep, type Comment, type Report } from "../../automation/forge/settle.ts";
import { COMMIT, PULL, REPOSITORY, startForge, type Account, type Forge } from "../forges/forge-stand-in.ts";
import { IID, PROJECT, startGitlab, type Gitlab } from "../forges/gitlab-stand-in.ts";

const TOKEN = "canary-token-51c";
const QUICK = { firstPauseMs: 5, limitMs: 2_000 };

const running: { end(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.end()));
});

const KINDS = ["github", "gitea"] as const;
type Kind = (typeof KINDS)[number];

async function forge(kind: Kind, account: Partial<Account> = {}, pause?: () => Promise<void>): Promise<Forge> {
  const own = { login: kind === "github" ? "github-actions[bot]" : "ci", ...account };
  const one = await startForge({ kind, tokens: { [TOKEN]: own, other: { login: "eve" } }, ...(pause && { pause }) });
  running.push(one);
  return one;
}

const hostOf = (one: Forge, kind: Kind, more: Partial<ForgePlace> = {}, pull = PULL) =>
  github({ host: kind, api: one.api, repository: REPOSITORY, token: TOKEN, ...QUICK, ...more }, pull);

const marker = (run: number, stack = "lab"): Marker => ({ stack, run, sha: COMMIT });
const report = (run: number, words = `report of run ${run}`, stack = "lab") => ({
  marker: marker(run, stack),
  text: `${markerLine(marker(run, stack))}\n\n${words}`,
});
const settle = (host: Host, one: Report, more: { assumed?: string } = {}) =>
  oneComment(host, one, { ...QUICK, ...more });
const own = (one: Forge, stack = "lab") => one.comments.filter(({ body }) => markerOf(body)?.stack === stack);
const runsOf = (one: Forge) => own(one).map(({ body }) => markerOf(body)?.run);

describe.each(KINDS)("one comment on %s", (kind) => {
  it("is posted, and written over by the next run", async () => {
    const one = await forge(kind);
    expect(await settle(hostOf(one, kind), report(1))).toMatchObject({ outcome: "posted", removed: [] });
    expect(await settle(hostOf(one, kind), report(2))).toMatchObject({ outcome: "updated", removed: [] });
    expect(await settle(hostOf(one, kind), report(2))).toMatchObject({ outcome: "unchanged" });
    expect(one.comments.map(({ body }) => body)).toEqual([report(2).text]);
  });

  it("is found on any page, and is our own author's that begins with the marker", async () => {
    const one = await forge(kind);
    const say = (login: string, body: string) => {
      one.comments.push({ id: one.comments.length + 1, body, user: { login }, html_url: "" });
    };
    say("eve", report(90).text);
    for (let at = 0; at < 250; at++) say("eve", `Comment ${at}`);
    say(kind === "github" ? "github-actions[bot]" : "ci", `I quote: ${report(80).text}`);
    say(kind === "github" ? "github-actions[bot]" : "ci", report(3).text);
    const { outcome, comment } = await settle(hostOf(one, kind), report(4));
    expect([outcome, comment.id]).toEqual(["updated", 253]);
    expect(one.comments.length).toBe(253);
    // 250 of them are three pages on GitHub, and one answer on Gitea, whatever it is asked for.
    const looks = one.asked.filter((line) => line.startsWith("GET") && line.includes("/comments"));
    expect(looks.length).toBe(kind === "github" ? 6 : 2);
  });

  it("of an older run never takes the place of a newer one's", async () => {
    const one = await forge(kind);
    await settle(hostOf(one, kind), report(12));
    const { outcome, newer } = await settle(hostOf(one, kind), report(9));
    expect([outcome, newer?.run]).toEqual(["left", 12]);
    expect(one.comments.map(({ body }) => body)).toEqual([report(12).text]);
  });

  it("is each stack's own", async () => {
    const one = await forge(kind);
    await Promise.all(["lab", "lab-2", "small"].map((stack) => settle(hostOf(one, kind), report(1, "new", stack))));
    expect(one.comments.length).toBe(3);
    for (const stack of ["lab", "lab-2", "small"]) expect(own(one, stack).length).toBe(1);
  });

  it.each([
    [2, 10],
    [6, 3],
  ])("is left by %i runners at once", async (runners, rounds) => {
    for (let round = 0; round < rounds; round++) {
      const one = await forge(kind, {}, () => sleep(Math.random() * 4));
      await Promise.all(Array.from({ length: runners }, (_, at) => settle(hostOf(one, kind), report(at + 1))));
      expect(runsOf(one), `round ${round}`).toHaveLength(1);
    }
  });

  it("is left by two runners of one run, too", async () => {
    const one = await forge(kind, {}, () => sleep(Math.random() * 4));
    await Promise.all(["a", "b", "c"].map((words) => settle(hostOf(one, kind), report(5, words))));
    expect(own(one)).toHaveLength(1);
  });

  it.each([
    ["a 502 after it was stored", { when: "after", reply: { status: 502 } }, 1],
    ["a connection that drops after it was stored", { when: "after", reply: "drop" }, 1],
    ["a 502 before", { when: "before", reply: { status: 502 } }, 2],
    ["a 429", { when: "before", reply: { status: 429, headers: { "retry-after": "0" } } }, 2],
    ["a 500 before", { when: "before", reply: { status: 500 } }, 2],
  ] as const)("is one after %s", async (_name, fault, posts) => {
    const one = await forge(kind);
    one.faults["POST .*/comments$"] = [fault];
    await settle(hostOf(one, kind), report(1));
    expect(own(one)).toHaveLength(1);
    expect(one.asked.filter((line) => /^POST .*comments$/.test(line))).toHaveLength(posts);
  });

  it("is read, written and cleared again after failures that pass", async () => {
    const one = await forge(kind);
    for (const run of [1, 2]) {
      await settle(hostOf(one, kind), report(run));
    }
    one.comments.push({ ...(one.comments[0] as Forge["comments"][0]), id: 999 });
    one.faults["GET .*/comments$"] = [
      { when: "before", reply: { status: 503 } },
      { when: "before", reply: "drop" },
    ];
    one.faults["PATCH "] = [
      { when: "before", reply: { status: 500 } },
      { when: "after", reply: { status: 504 } },
    ];
    one.faults["DELETE "] = [
      { when: "after", reply: { status: 502 } },
      { when: "before", reply: { status: 429 } },
    ];
    expect(await settle(hostOf(one, kind), report(3))).toMatchObject({ outcome: "updated", removed: [999] });
    expect(runsOf(one)).toEqual([3]);
  });

  it("waits as long as the host asks", async () => {
    const one = await forge(kind);
    one.faults["GET .*/comments$"] = [{ when: "before", reply: { status: 429, headers: { "retry-after": "1" } } }];
    const began = performance.now();
    await settle(hostOf(one, kind), report(1));
    expect(performance.now() - began).toBeGreaterThan(950);
  });

  it("is found by an account that may not say who it is, by posting", async () => {
    const one = await forge(kind, { login: "bot", maySayWho: false });
    if (kind === "github")
      one.faults["POST /graphql"] = Array.from({ length: 9 }, () => ({ when: "before", reply: { status: 403 } }));
    for (const run of [1, 2]) {
      const settled = await settle(hostOf(one, kind), report(run), { assumed: "github-actions[bot]" });
      expect(settled.isNamed).toBe(false);
    }
    expect(runsOf(one)).toEqual([2]);
  });

  it("is made again when somebody removes it meanwhile", async () => {
    const one = await forge(kind);
    await settle(hostOf(one, kind), report(1));
    const host = hostOf(one, kind);
    const write = host.write.bind(host);
    host.write = (id, text) => {
      one.comments.splice(0);
      return write(id, text);
    };
    expect(await settle(host, report(2))).toMatchObject({ outcome: "posted" });
    expect(runsOf(one)).toEqual([2]);
  });

  it("never says its token", async () => {
    const one = await forge(kind, { mayComment: false });
    one.faults["GET .*/comments$"] = [{ when: "before", reply: { status: 400, body: { message: `bad ${TOKEN}` } } }];
    const error = await settle(hostOf(one, kind), report(1)).catch((problem: unknown) => problem);
    expect(String(error)).toContain("bad [token]");
    expect(String(error)).not.toContain(TOKEN);
  });
});

describe("GitHub's own", () => {
  it("limit of calls is a 403 that says when to come again", async () => {
    const one = await forge("github");
    const limited = {
      status: 403,
      headers: { "retry-after": "1" },
      body: { message: "You have exceeded a secondary rate limit" },
    };
    one.faults["POST .*/comments$"] = [{ when: "before", reply: limited }];
    await settle(hostOf(one, "github"), report(1));
    expect(runsOf(one)).toEqual([1]);
  });

  it("page address gets no token: only its number is taken", async () => {
    const one = await forge("github");
    for (let at = 0; at < 120; at++) one.comments.push({ id: at, body: "x", user: { login: "eve" }, html_url: "" });
    expect(await hostOf(one, "github").comments()).toHaveLength(120);
    expect(one.asked.filter((line) => line.includes("page=2"))).toHaveLength(1);
  });

  it("redirect of a renamed repository is followed by no token", async () => {
    const one = await forge("github");
    const other = await forge("github");
    one.faults["GET .*/comments$"] = [{ when: "before", reply: { status: 301, headers: { location: other.url } } }];
    await expect(hostOf(one, "github").comments()).rejects.toThrow(/answers 301 to GET .*it has moved to/);
    expect(other.asked).toEqual([]);
  });
});

describe("one comment on GitLab", () => {
  const place = (one: Gitlab) => ({
    api: one.api,
    repository: PROJECT,
    statusRepository: PROJECT,
    token: TOKEN,
    web: "https://gitlab.example/lab/-/merge_requests/5",
    ...QUICK,
  });
  const start = async (pause?: () => Promise<void>) => {
    const one = await startGitlab({ [TOKEN]: { username: "project_42_bot" } }, pause);
    running.push(one);
    return one;
  };

  it("is posted, found on any page, written over and one", async () => {
    const one = await start();
    for (let at = 0; at < 230; at++) one.notes.push({ id: at, body: "x", author: { username: "eve" } });
    for (const run of [1, 2, 1]) await settle(gitlab(place(one), IID), report(run));
    expect(one.notes.filter(({ body }) => markerOf(body)).map(({ body }) => body)).toEqual([report(2).text]);
    one.faults["POST .*/notes$"] = [{ when: "after", reply: { status: 502 } }];
    await settle(gitlab(place(one), IID), report(1, "x", "small"));
    expect(one.notes).toHaveLength(232);
  });

  it("is left by several runners at once", async () => {
    for (let round = 0; round < 10; round++) {
      const one = await start(() => sleep(Math.random() * 4));
      await Promise.all([1, 2, 3].map((run) => settle(gitlab(place(one), IID), report(run))));
      expect(one.notes, `round ${round}`).toHaveLength(1);
    }
  });

  it("has a status beside it, in GitLab's words", async () => {
    const one = await start();
    const status = { context: "vision-platform/lab", description: "Careful.", url: undefined };
    await gitlab(place(one), IID).setStatus(COMMIT, { ...status, state: "failure" });
    expect(one.statuses).toEqual([{ state: "failed", name: "vision-platform/lab", description: "Careful." }]);
  });
});

describe("what there is to do", () => {
  const comment = (id: number, run: number, author = "me"): Comment => ({
    id,
    author,
    body: report(run).text,
    url: "",
  });
  const step = (comments: Comment[], run: number, wrote?: number) => nextStep(comments, report(run), "me", wrote);

  it.each<[string, Comment[], number, number | undefined, unknown]>([
    ["nothing is there", [], 1, undefined, { kind: "post" }],
    ["another's is there", [comment(1, 1, "eve")], 1, undefined, { kind: "post" }],
    ["an older is there", [comment(1, 1)], 2, undefined, { kind: "mend", write: 1, remove: [] }],
    [
      "doubles are there",
      [comment(3, 2), comment(1, 1), comment(2, 2)],
      2,
      3,
      { kind: "mend", write: 1, remove: [2, 3] },
    ],
    ["ours is the lowest", [comment(1, 2), comment(2, 1)], 2, 1, { kind: "mend", write: undefined, remove: [2] }],
    [
      "a newer one's double of ours",
      [comment(1, 3), comment(2, 1)],
      1,
      2,
      { kind: "mend", write: undefined, remove: [2] },
    ],
    // Whoever posted 2 writes it into 1, and removes 2.
    ["a newer one is about to settle", [comment(1, 1), comment(2, 3)], 1, 1, { kind: "settled", newer: { run: 3 } }],
    ["an older one wrote over ours", [comment(1, 1)], 2, 1, { kind: "mend", write: 1, remove: [] }],
  ])("when %s", (_name, comments, run, wrote, expected) => {
    expect(step(comments, run, wrote)).toMatchObject(expected as object);
  });
});

describe("the plain way", () => {
  /** Find, update, else create: what this replaces. */
  async function naive(host: Host, { marker: mark, text }: ReturnType<typeof report>): Promise<void> {
    const there = (await host.comments()).find(({ body }) => markerOf(body)?.stack === mark.stack);
    if (there) await host.write(there.id, text);
    else await host.post(text);
  }

  it("leaves two comments, which these tests would see", async () => {
    let doubles = 0;
    for (let round = 0; round < 10; round++) {
      const one = await forge("gitea", {}, () => sleep(Math.random() * 4));
      await Promise.all([1, 2].map((run) => naive(hostOf(one, "gitea"), report(run))));
      if (own(one).length > 1) doubles++;
    }
    expect(doubles).toBeGreaterThan(0);
  });
});
