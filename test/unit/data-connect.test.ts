import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { organizationOf } from "../../automation/data/connect/organization.ts";
import { accountOf, assertKnown, personOf } from "../../automation/data/connect/people.ts";
import { stoppable } from "../../automation/data/connect/run.ts";
import { Stopped } from "../../automation/signals.ts";
import { CvatClient } from "../../components/cvat/client/client.ts";
import { planned } from "../fixtures/inputs/planned.ts";
import { ADMIN, ALICE, startCvat, type TestCvat } from "../fixtures/cvat/stand-in.ts";

const lab = (clearml: object, cvat: object = {}) =>
  planned({
    objectStore: { address: "192.0.2.30" },
    traefik: { address: "192.0.2.20" },
    cvat: { users: [{ username: "lena" }, { username: "kim", role: "worker" }], ...cvat },
    clearml,
  });
const users = (...names: string[]) => ({
  agent: { enabled: false },
  users: names.map((username) => ({ username, name: username })),
});

describe("whose key of the object store is used", () => {
  it("is the only person's, or the one's that is named", () => {
    expect(personOf(lab(users("anna")), undefined)).toBe("anna");
    expect(personOf(lab(users("anna", "ben")), "ben")).toBe("ben");
  });

  it("is one of ClearML's people; where ClearML is off, of CVAT's who are no workers", () => {
    expect(personOf(lab({ enabled: false }), undefined)).toBe("lena");
    expect(() => personOf(lab({ enabled: false }), "kim")).toThrow(
      "kim has no key of the object store. They are the keys of: lena.",
    );
    expect(() => personOf(lab(users("anna")), "lena")).toThrow("lena has no key of the object store.");
    expect(() => personOf(lab({ enabled: false }, { users: [] }), undefined)).toThrow(
      /^Nobody of this stack has a key .*vision-platform:cvat\.users who are no workers/,
    );
  });

  it("is asked for where there are several, with their names", () => {
    expect(() => personOf(lab(users("anna", "ben")), undefined)).toThrow(
      "Say with whose key of the object store: --as NAME. They are the keys of: anna, ben.",
    );
  });
});

describe("as whom CVAT is asked", () => {
  it("is the superuser, or the person that is named where he has an account", () => {
    const { store, ...rest } = lab(users("anna"), { superuser: { username: "root" } });
    expect(["anna", "lena", undefined].map((as) => accountOf({ store, ...rest }, as))).toEqual([
      "root",
      "lena",
      "root",
    ]);
  });

  it("is nobody whom the stack does not know", () => {
    expect(() => {
      assertKnown(lab(users("anna")), "ana");
    }).toThrow("Nobody of this stack is called `ana`. Did you mean `anna`? Known: anna, admin, lena, kim.");
  });
});

describe("the organization", () => {
  let cvat: TestCvat;
  beforeAll(async () => {
    cvat = await startCvat();
  });
  afterAll(() => cvat.end());
  const chosen = (account: { username: string; password: string }, wanted?: string) =>
    organizationOf(new CvatClient({ endpoint: cvat.url, ...account }), wanted);

  it("is the only one, the one that is named, or the own space where there is none", async () => {
    expect(await chosen(ADMIN)).toBe("");
    await cvat.call("POST", "organizations", { body: { slug: "lab" } });
    expect(await chosen(ADMIN)).toBe("lab");
    expect(await chosen(ADMIN, "")).toBe("");
    await cvat.call("POST", "organizations", { body: { slug: "other" } });
    expect(await chosen(ADMIN, "other")).toBe("other");
    await expect(chosen(ADMIN)).rejects.toThrow(/--org NAME, .* There are: lab, other\.$/);
    await expect(chosen(ADMIN, "Lab")).rejects.toThrow("sees no organization `Lab` in CVAT. There are: lab, other.");
    await expect(chosen(ALICE, "lab")).rejects.toThrow("alice sees no organization `lab` in CVAT. There is none.");
  });
});

describe("work that is stopped", () => {
  const lines: string[] = [];
  const progress = { line: (text: string) => void lines.push(text) };
  const stop = () => process.emit("SIGINT", "SIGINT");

  it("clears away before it ends, and is told as stopped whatever it failed with", async () => {
    const done: string[] = [];
    const before = process.listenerCount("SIGINT");
    const work = stoppable(progress, async (signal) => {
      await new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
        stop();
      });
      done.push("cleared");
      throw new Error("the call was broken off");
    });
    await expect(work).rejects.toThrow(Stopped);
    expect(done).toEqual(["cleared"]);
    expect(process.listenerCount("SIGINT")).toBe(before);
  });

  it("may have any number of calls under way, and no warning of Node's is shown for it", async () => {
    const warned: string[] = [];
    const note = ({ message }: Error) => void warned.push(message);
    process.on("warning", note);
    await stoppable(progress, async (signal) => {
      for (let call = 0; call < 30; call++) signal.addEventListener("abort", () => undefined);
      await new Promise((resolve) => setImmediate(resolve));
    });
    process.off("warning", note);
    expect(warned).toEqual([]);
  });

  it("is given up when it is asked twice, and when clearing away takes too long", async () => {
    const never = () => new Promise<never>(() => undefined);
    const twice = stoppable(progress, never);
    stop();
    stop();
    await expect(twice).rejects.toThrow("Stopped before everything was cleared away.");
    const late = stoppable(progress, never, 20);
    stop();
    await expect(late).rejects.toThrow("took more than 0.02 s");
  });
});
