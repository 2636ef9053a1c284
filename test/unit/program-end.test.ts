import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it, onTestFinished } from "vitest";
import { endedByFirstRejection } from "../../components/program/end.ts";
import { ResourceError } from "../../components/program/run-errors.ts";
import { UserError } from "../../components/program/errors.ts";
import { runByCommandLine, runSmall } from "./small-engine.ts";

class Thing extends pulumi.CustomResource {
  constructor(name: string, inputs: pulumi.Inputs, opts?: pulumi.CustomResourceOptions) {
    super("test:index:Thing", name, inputs, opts);
  }
}
class Room extends pulumi.ComponentResource {
  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("test:index:Room", name, {}, opts);
  }
}

const rejected = (text = "it went wrong"): pulumi.Output<string> =>
  pulumi.output("").apply(async (): Promise<string> => {
    await pause(20);
    throw new ResourceError(text, undefined as never);
  });

/** Programs that hang with the SDK alone, and two that do not. */
const PROGRAMS: Record<string, () => Record<string, unknown>> = {
  "an input": () => {
    new Thing("a", { text: rejected() });
    return {};
  },
  "an input of what another depends on": () => {
    const a = new Thing("a", { text: rejected() });
    new Thing("b", {}, { dependsOn: a });
    return {};
  },
  "an input of a parent": () => {
    const a = new Thing("a", { text: rejected() });
    const room = new Room("room", { parent: a });
    new Thing("b", {}, { parent: room });
    return {};
  },
  "what a component depends on": () => {
    const a = new Thing("a", { text: rejected() });
    const room = new Room("room", { dependsOn: a });
    new Thing("b", {}, { parent: room });
    return {};
  },
  "an output": () => {
    const a = new Thing("a", { text: rejected() });
    return { id: a.id };
  },
};

it.each(Object.entries(PROGRAMS))("a run ends with the sentence when this is rejected: %s", async (_, program) => {
  for (const preview of [true, false]) {
    const { end } = await runSmall(() => endedByFirstRejection(() => Promise.resolve(program()), 0), { preview });
    expect(end).toMatch(/(^|: )it went wrong$/);
  }
});

it("hangs without, which is what this is for", async () => {
  const program = PROGRAMS["an input of what another depends on"] ?? expect.fail();
  expect((await runSmall(() => Promise.resolve(program()), { hangsAfterMs: 2_000 })).end).toBe("hangs");
});

describe("by Pulumi's own command line", () => {
  const CHECKOUT = path.resolve(import.meta.dirname, "../..");
  const file = (name: string) => JSON.stringify(pathToFileURL(path.join(CHECKOUT, name)).href);
  const PROGRAM = `
    import pulumi from ${file("node_modules/@pulumi/pulumi/index.js")};
    import { endedByFirstRejection } from ${file("components/program/end.ts")};
    import { RunError } from ${file("components/program/run-errors.ts")};
    class Thing extends pulumi.CustomResource {
      constructor(name, inputs, opts) { super("test:index:Thing", name, inputs, opts); }
    }
    export default () => endedByFirstRejection(async () => {
      const text = pulumi.output("").apply(() => { throw new RunError("it went wrong"); });
      const a = new Thing("a", { text });
      return { id: new Thing("b", {}, { dependsOn: a }).id };
    });
  `;

  it.each([true, false])(
    "a run ends with the sentence, told once, as one that told it (preview: %s)",
    async (preview) => {
      const folder = await mkdtemp(path.join(tmpdir(), "program-end-"));
      onTestFinished(() => rm(folder, { recursive: true }));
      await writeFile(path.join(folder, "package.json"), JSON.stringify({ type: "module", main: "index.mjs" }));
      await writeFile(path.join(folder, "index.mjs"), PROGRAM);
      const { told, code } = await runByCommandLine(folder, preview);
      expect(told).toEqual(["it went wrong"]);
      expect(code).toBe(32);
    },
  );
});

describe("a run that ends", () => {
  it("well is no longer than what it registers, and gives its outputs", async () => {
    const { end, registered } = await runSmall(() =>
      endedByFirstRejection(() => {
        const a = new Thing("a", { text: "x" });
        // Nothing but the program itself waits for it.
        void a.id.apply(() => new Thing("late", {}));
        return Promise.resolve({ id: a.id });
      }),
    );
    expect({ end, registered: registered.slice(1).map(({ name }) => name) }).toEqual({
      end: undefined,
      registered: ["a", "late"],
    });
  });

  it("tells the other problems too, and no stack of ours", async () => {
    const { end, told } = await runSmall(() =>
      endedByFirstRejection(() => {
        new Thing("a", { text: rejected("the first") });
        new Thing("b", { text: pulumi.output(pause(150).then(() => Promise.reject(new UserError("the second")))) });
        return Promise.resolve({});
      }),
    );
    expect(end).toContain("the first");
    expect(told).toEqual([
      expect.stringMatching(/the first$/),
      expect.stringMatching(/^Unhandled exception: .*the second$/),
    ]);
    expect(told.join("\n")).not.toMatch(/^\s+at /m);
  });

  it("leaves nothing behind in the process, however it ended", async () => {
    const listeners: number[] = [];
    const seen = async <T>(work: () => Promise<T>) => {
      const before = process.listenerCount("unhandledRejection");
      await endedByFirstRejection(work, 0).catch(() => undefined);
      listeners.push(process.listenerCount("unhandledRejection") - before);
      return {};
    };
    await runSmall(() => seen(() => Promise.resolve({ a: new Thing("a", {}).id })));
    await runSmall(() => seen(() => Promise.resolve({ a: new Thing("a", { text: rejected() }).id })));
    await runSmall(() => seen(() => Promise.reject(new Error("at once"))));
    expect(listeners).toEqual([0, 0, 0]);
  });
});
