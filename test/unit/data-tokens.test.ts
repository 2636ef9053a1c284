import { describe, expect, it } from "vitest";
import { expiryOf } from "../../automation/data/tokens/expiry.ts";
import { loginKeyFile, tokenFile } from "../../automation/data/tokens/token-file.ts";
import { hasTokens, tokenNamed } from "../../components/cvat/tokens/access-tokens.ts";

const NOW = Date.parse("2026-12-01T10:00:00Z");

describe("when a token ends", () => {
  it.each([
    ["90d", "2027-03-01T10:00:00.000Z"],
    ["12h", "2026-12-01T22:00:00.000Z"],
    ["2w", "2026-12-15T10:00:00.000Z"],
    ["2027-01-31", "2027-01-31T00:00:00.000Z"],
    ["never", null],
  ])("%s: %s", (text, expected) => {
    expect(expiryOf(text, NOW)).toBe(expected);
  });

  it.each([
    ["90", "write 12h, 90d, 2w"],
    ["2027-02-31", "write 12h, 90d, 2w"],
    ["0d", "that is over already"],
    ["2026-12-01", "that is over already"],
  ])("refuses %s: %s", (text, expected) => {
    expect(() => expiryOf(text, NOW)).toThrow(expected);
  });
});

const TOKEN = { id: 3, name: "night", read_only: true, created_date: "2026-12-01T10:00:00Z", expiry_date: null };
const FACTS = {
  username: "anna",
  url: "http://192.0.2.20",
  version: "2.64.0",
  organizations: ["lab"],
  stack: "homelab",
};

describe("the file", () => {
  it("is one that a shell reads, and says the command line", () => {
    const lines = tokenFile({ ...TOKEN, value: "abc.def" }, FACTS).split("\n");
    expect(lines.filter((line) => !line.startsWith("#"))).toEqual(["CVAT_ACCESS_TOKEN=abc.def", ""]);
    expect(lines).toContain("#   cvat-cli --server-host http://192.0.2.20 --org lab task ls");
    expect(loginKeyFile("k", FACTS)).toMatch(/\nCVAT_LOGIN_KEY=k\n$/);
  });
});

describe("a token", () => {
  it("came with CVAT 2.48", () => {
    expect(["2.39.0", "2.47.2", "2.48.0", "2.64.0"].map(hasTokens)).toEqual([false, false, true, true]);
  });

  it("is named by number or name, and by one that is one token's", () => {
    const tokens = [TOKEN, { ...TOKEN, id: 4 }, { ...TOKEN, id: 5, name: "day" }];
    expect(tokenNamed(tokens, "4", "anna").id).toBe(4);
    expect(tokenNamed(tokens, "day", "anna").id).toBe(5);
    expect(() => tokenNamed(tokens, "night", "anna")).toThrow(
      "Several are called that; say its number: 3 (night), 4 (night).",
    );
    expect(() => tokenNamed(tokens, "x", "anna")).toThrow(
      "anna has no token `x` that works. There are: 3 (night), 4 (night), 5 (day).",
    );
  });
});
