import { describe, expect, it } from "vitest";
import { shapesIn, shapesText } from "../../automation/functions/boxes.ts";
import { listing, listingText } from "../../automation/functions/listing.ts";
import { verdictOf } from "../../automation/functions/verdict.ts";
import type { LiveFunction } from "../../components/nuclio/client/types.ts";
import { MODELS } from "../fixtures/cvat/models.ts";
import { deployment, live, object } from "./nuclio-fixtures.ts";

const URL = "nuclio-helmets.cvat.svc.cluster.local:8080";
const sound = () => live(object({ gpu: {} }), "ready", { internalInvocationUrls: [URL] });

function changed(change: (fn: LiveFunction) => void): LiveFunction {
  const fn = sound();
  change(fn);
  return fn;
}

const COLOURS = /\u001b\[\d+m/g; // eslint-disable-line no-control-regex

describe("what CVAT says of a function", () => {
  it.each<[string, LiveFunction, string, RegExp]>([
    ["a sound one", sound(), "listed", /^$/],
    [
      "one of another project",
      changed((fn) => Object.assign(fn.metadata, { labels: { "nuclio.io/project-name": "default" } })),
      "not seen",
      /default/,
    ],
    [
      "one in error",
      changed((fn) => Object.assign(fn, { status: { state: "error" } })),
      "listed",
      /every call fails \(Invocation URL is required\)/,
    ],
    [
      "one that is being built again",
      changed((fn) => (fn.status = { ...fn.status, state: "building" })),
      "listed",
      /does not run/,
    ],
  ])("about %s", (_what, fn, outcome, why) => {
    const verdict = verdictOf(fn);
    expect(verdict.outcome).toBe(outcome);
    expect(verdict.why).toMatch(why);
  });

  it.each(MODELS)("%s: as measured of CVAT", (_what, model, outcome) => {
    const verdict = verdictOf(model);
    expect(verdict.outcome).toBe(outcome);
    if (outcome !== "listed") expect(verdict.why).toMatch(/^[A-Z].*\.$/);
  });

  it.each<[string, RegExp]>([
    ["a skeleton without svg", /^Its label 'man' is a skeleton without svg\.$/],
    ["an attribute without values", /^Attribute 'colour' of its label 'car' has no values\.$/],
    ["an attribute without name", /^Attribute 1 of its label 'car' has no name\.$/],
    ["a repeated sublabel", /^The sublabels of its label 'man' repeat\.$/],
    ["a type in capitals", /^Its annotation type is 'Detector'/],
    ["startswith_box false", /CVAT takes any text for true, and its annotation startswith_box is 'false'/],
  ])("says where: %s", (what, why) => {
    const model = MODELS.find(([name]) => name === what)?.[1];
    expect(model && verdictOf(model).why).toMatch(why);
  });
});

const MESSAGE =
  "\nError - Job failed. Job logs:\nINFO[0000] Unpacking rootfs\nerror building image: exit status 1\n    .../kaniko.go:577\n\nCall stack:\nFailed to build\n    .../builder.go:260\n";

describe("the list of functions", () => {
  const broken = changed((fn) => {
    fn.metadata.name = "bare";
    delete fn.metadata.annotations;
    fn.status = { state: "error", message: MESSAGE };
  });
  const found = listing({ helmets: sound(), bare: broken }, { helmets: deployment("nvidia") }, ["helmets", "sam"]);

  it("has what a script needs", () => {
    expect(found).toEqual({
      functions: [
        {
          name: "bare",
          kind: "",
          state: "error",
          image: "registry.example/vision/helmets:1.0.0",
          pods: "not there yet",
          gpu: "nvidia.com/gpu: 1",
          runtimeClass: "",
          urls: [],
          message: MESSAGE,
          verdict: { outcome: "breaks", why: "It has no annotations at all." },
          inStack: false,
        },
        {
          name: "helmets",
          kind: "detector",
          state: "ready",
          image: "registry.example/vision/helmets:1.0.0",
          pods: "1 of 1 pods ready",
          gpu: "nvidia.com/gpu: 1",
          runtimeClass: "nvidia (platform configuration)",
          urls: [URL],
          message: "",
          verdict: { outcome: "listed", why: "" },
          inStack: true,
        },
      ],
      missing: ["sam"],
      cvat: { works: false, brokenBy: ["bare"] },
    });
  });

  it("says to a person what is broken by which function, and the cure", () => {
    const text = listingText(found).replace(COLOURS, "");
    expect(text).toContain("bare: CVAT's whole list of models fails by it. It has no annotations at all.");
    expect(text).toContain("bare: error building image: exit status 1\n");
    expect(text).toContain("sam: is in the stack file and not in Nuclio. Deploy it: function deploy sam");
    expect(text).toContain(
      "CVAT's whole list of models is an error 500, by bare. Take out or cure: function remove bare",
    );
    expect(listingText(listing({ helmets: sound() }, {}, []))).toContain("CVAT's list of models works.");
  });
});

describe("the answer of a function", () => {
  const box = { confidence: "0.87", label: "helmet", points: [10.4, 20, 110.4, 70], type: "rectangle" };

  it("is shown as boxes with their size", () => {
    const shapes = shapesIn([box, { label: "head", type: "polygon", points: [0, 0, 1, 0, 1, 1] }]) ?? [];
    expect(shapesText(shapes)).toMatch(
      /helmet +0\.87 +rectangle +10, 20 to 110, 70 \(100 x 50\)\nhead +polygon +3 points/,
    );
    expect(shapesText([])).toBe("Nothing was found.");
  });

  it("is left as it is where it is something else", () => {
    expect(shapesIn({ mask: [] })).toBeUndefined();
    expect(shapesIn(["helmet"])).toBeUndefined();
  });
});
