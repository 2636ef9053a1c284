import { describe, expect, it } from "vitest";
import { STORE_CHECKS, toMakeAgain, type StoreFacts } from "../../components/preflight/object-store.ts";
import type { Made } from "../../components/storage/made.ts";

const BUCKET: Made = { urn: "u:b", kind: "bucket", bucket: "cvat" };
const RULES: Made = { urn: "u:l", kind: "lifecycle", bucket: "cvat", rules: [] };
const USER: Made = { urn: "u:u", kind: "user", user: "vp-cvat", secret: "s" };
const OLD_RULES: Made = { urn: "u:o", kind: "lifecycle", bucket: "old", rules: [] };
const MADE = [BUCKET, RULES, USER];

const facts = (more: Partial<StoreFacts>): StoreFacts => ({
  url: "http://192.0.2.31:9000",
  last: "http://192.0.2.30:9000",
  wanted: new Set(["cvat"]),
  stack: "homelab",
  before: "d-1",
  meant: undefined,
  found: "d-1",
  made: MADE,
  missing: [],
  ...more,
});
const said = (more: Partial<StoreFacts>) =>
  STORE_CHECKS.flatMap((check) => check(facts(more))).map(
    ({ severity, path, message }) => `${severity} ${path}: ${message}`,
  );
const again = (more: Partial<StoreFacts>) => toMakeAgain(facts(more)).map(({ urn }) => urn);

describe("before a run, the object store", () => {
  it.each([
    ["is as it was left", {}],
    ["has another address", { url: "http://minio.example.com:9000" }],
    ["is the one that the stack file names", { meant: "d-1" }],
    ["does not tell its id", { found: undefined }],
    ["was left by an older version of the program, which kept no id", { before: undefined }],
    ["is new to the stack", { before: undefined, made: [], last: undefined }],
  ])("passes where it %s", (_what, more) => {
    expect(said(more)).toEqual([]);
  });

  it.each<[string, Partial<StoreFacts>, RegExp]>([
    [
      "is another, empty one",
      { found: "d-2", missing: MADE },
      /^refusal .*objectStore: The store at http:\/\/192\.0\.2\.31:9000 is another one \(deployment d-2\) than .* \(deployment d-1, at http:\/\/192\.0\.2\.30:9000\)\. It has no bucket `cvat`, user `vp-cvat`\. .*config set --path 'vision-platform:objectStore\.deployment' d-2,/,
    ],
    ["is another one with the same names", { found: "d-2" }, /^refusal .*is another one \(deployment d-2\)/],
    [
      "has nothing of the stack, and no id is known of before",
      { before: undefined, missing: MADE },
      /^refusal .*is another one .*deployment' d-1/,
    ],
    [
      "has nothing of the stack, and does not tell its id",
      { before: undefined, found: undefined, missing: MADE },
      /^refusal .*admin:ServerInfo/,
    ],
    [
      "is not the one that the stack file names",
      { meant: "d-3" },
      /^refusal vision-platform:objectStore\.deployment: Is d-3, but the store .* is deployment d-1\./,
    ],
    [
      "no longer has a bucket whose rules are to go",
      { made: [...MADE, OLD_RULES], missing: [OLD_RULES] },
      /^refusal .*pulumi state delete --stack homelab --yes 'u:o'$/,
    ],
  ])("is refused where it %s", (_what, more, message) => {
    expect(said(more)).toEqual([expect.stringMatching(message)]);
  });

  it("is told of what it lacks, which is made again", () => {
    const more = { missing: [BUCKET, RULES] };
    expect(said(more)).toEqual([
      expect.stringMatching(/^warning .*has not what this stack made in it: bucket `cvat`\./),
    ]);
    expect(again(more)).toEqual(["u:b", "u:l"]);
  });

  it("is not given back a bucket that the stack file no longer names", () => {
    const more = { wanted: new Set<string>(), missing: [BUCKET], made: [BUCKET, USER] };
    expect([said(more), again(more)]).toEqual([[], []]);
  });

  it("is moved to where it is meant: users with their keys are made there, whatever is there by their name", () => {
    const more = { meant: "d-2", found: "d-2", missing: [USER] };
    expect(said(more)).toEqual([
      expect.stringMatching(/^warning .*objectStore\.deployment: The lab moves .*192\.0\.2\.30/),
    ]);
    expect(again(more)).toEqual(["u:l", "u:u"]);
  });

  it("is moved once: the next run finds it as it was left", () => {
    expect(said({ meant: "d-2", found: "d-2", before: "d-2" })).toEqual([]);
  });
});
