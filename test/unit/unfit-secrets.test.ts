import "./fresh-modules.ts";
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it, vi } from "vitest";
import { hashedPassword } from "../../components/clearml/passwords.ts";
import { parseLab } from "../../components/lab/parse.ts";
import { VisionPlatform } from "../../components/platform.ts";
import { readLab } from "../../components/lab/read.ts";
import { Sealed } from "../../components/schema/values.ts";
import * as unfit from "../../components/schema/unfit-secrets.ts";
import { mutated } from "../fixtures/inputs/mutations.ts";
import { wholeStack, type Sections } from "../fixtures/inputs/whole-stack.ts";
import { planned } from "../fixtures/inputs/planned.ts";
import { recordRegistrations, settled } from "./registrations.ts";

type Path = (string | number)[];

vi.mock("../../components/nuclio/observe.ts", () => ({ observeFunctions: () => Promise.resolve({}) }));
vi.mock("../../components/images/nodes.ts", () => ({
  nodesOf: () => Promise.resolve([]),
  checkNodes: () => undefined,
}));
vi.mock("../../components/charts/install.ts", () => ({
  ChartInstall: class {
    readonly ready = pulumi.output(undefined);
    readonly ledger = pulumi.output([]);
    readonly workloads = pulumi.output([]);
    readonly ownPolicies = pulumi.output([]);
    object() {
      return pulumi.output({ spec: { template: { spec: { containers: [{ image: "a:1" }] } } } });
    }
    addressOf() {
      return pulumi.output("192.0.2.99");
    }
  },
}));

const PLACES: Record<string, Path> = {
  postgresql: ["cvat", "secrets", "postgresql"],
  redis: ["cvat", "secrets", "redis"],
  kvrocks: ["cvat", "secrets", "kvrocks"],
  clickhouse: ["cvat", "secrets", "clickhouse"],
  grafana: ["cvat", "secrets", "grafana"],
  superuser: ["cvat", "superuser", "password"],
  user: ["cvat", "users", 0, "password"],
  registry: ["cvat", "nuclio", "registry", "password"],
  webhook: ["cvat", "organizations", 0, "webhooks", 0, "secret"],
  "other store": ["cvat", "cloudStorages", 1, "external", "secretKey"],
  person: ["clearml", "users", 0, "password"],
  accessKey: ["objectStore", "credentials", "accessKey"],
  secretKey: ["objectStore", "credentials", "secretKey"],
};

const keyOf = (path: Path) =>
  path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`))
    .join("")
    .slice(1);

/** What stands in the way of a run with these secrets: as the engine hands them over, in clear. */
function refused(secrets: readonly (readonly [Path, string])[]): string {
  const sections = secrets.reduce<Sections>((made, [path, value]) => mutated(made, { path, value }), wholeStack());
  const config = Object.entries(sections).map(([name, value]) => [`vision-platform:${name}`, JSON.stringify(value)]);
  pulumi.runtime.setAllConfig(Object.fromEntries(config) as Record<string, string>);
  try {
    readLab();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

const isNamed = (message: string, path: Path) => message.includes(`  vision-platform:${keyOf(path)}: `);

describe("a secret that another program cannot carry", () => {
  afterEach(() => pulumi.runtime.setAllConfig({}));

  const everywhere = [" canary-7f3a", "canary-7f3a ", "canary-7f3a\n", "canary\u00007f3a", "canary\u001b7f3a", ""];
  const cases: [string, string[]][] = [
    ...Object.keys(PLACES).map((name): [string, string[]] => [name, everywhere]),
    ...["redis", "kvrocks"].map((name): [string, string[]] => [
      name,
      Array.from('/?#@%"\\[] ')
        .map((character) => `canary${character}7f3a`)
        .concat("--canary7f3a"),
    ]),
    ["clickhouse", Array.from('"\\<>&').map((character) => `canary${character}7f3a`)],
    ["grafana", ["canary${A}7f3a", "canary$__file{7f3a}", "canary%(7f3a)s"]],
    ["person", ["canary-é7f3a"]],
    ["accessKey", ["canary,7f3a", "canary=7f3a", "canary 7f3a", "canaryé7f3a"]],
  ];
  it.each(cases)("is refused by its name, never shown: %s", (name, texts) => {
    for (const text of texts) {
      const message = refused([[PLACES[name] ?? [], text]]);
      expect(isNamed(message, PLACES[name] ?? [])).toBe(true);
      expect(message.includes("7f3a")).toBe(false);
    }
  });

  it("is told with every other, and with what else is wrong, in one message", () => {
    const message = refused([
      ...Object.values(PLACES).map((path) => [path, "canary-7f3a "] as const),
      [["cvat", "data", "size"], "much"],
    ]);
    for (const place of [...Object.values(PLACES), ["cvat", "data", "size"]]) expect(message).toContain(keyOf(place));
    expect(message.includes("7f3a")).toBe(false);
  });

  const KEY = ["clearml", "agent", "image", "delivery", "privateKey"];
  it.each([
    ["no key", "canary-7f3a"],
    [
      "one with a passphrase",
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\ncanary7f3a\n-----END ENCRYPTED PRIVATE KEY-----\n",
    ],
    [
      "an older one",
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n7f3a\n-----END RSA PRIVATE KEY-----\n",
    ],
  ])("is told of the nodes' key too: %s", (_, text) => {
    const message = refused([[KEY, text]]);
    expect(isNamed(message, KEY)).toBe(true);
    expect(message.includes("7f3a")).toBe(false);
  });

  it("is not looked for in an encrypted value, which only the engine can read", () => {
    const sealed = Object.values(PLACES).reduce<Sections>(
      (made, path) => mutated(made, { path, value: new Sealed("v1: x ") }),
      wholeStack(),
    );
    expect(parseLab(sealed).problems).toEqual([]);
  });
});

it("what is unusual, and carried, is taken", () => {
  const odd = "a+b=c!$&*()~^|;:,'.<>{}é";
  const problems = refused([
    [PLACES["redis"] ?? [], odd],
    [PLACES["kvrocks"] ?? [], odd],
    [PLACES["postgresql"] ?? [], "p/a?s#s@w%o\"r\\d a'b"],
    [PLACES["clickhouse"] ?? [], "p/a?s#s@w%o'rd{}"],
    [PLACES["grafana"] ?? [], 'p/a?s#s@w%o"r\\d;$x'],
    [PLACES["superuser"] ?? [], 'p/a?s#s@w%o"r\\d: a'],
    [PLACES["person"] ?? [], 'p"\\$#{}: a~${HOME}//'],
    [PLACES["secretKey"] ?? [], "p/a?s#s@w%o=r,d+"],
  ]);
  expect(problems).not.toMatch(/secrets|password|secretKey/);
});

const registered = recordRegistrations((_, length) => "a".repeat(length));

describe("what is made here", () => {
  it("has only characters that every program carries", async () => {
    const plan = planned({ ...wholeStack(), ...withoutPasswords() });
    const charts = plan.charts.map(({ name, version }) => [
      name,
      { name, version, path: "/x", origin: "locked" as const },
    ]);
    const delivery = { context: "images/clearml-agent", checkout: path.resolve(import.meta.dirname, "../..") };
    new VisionPlatform("lab", {
      plan,
      charts: Object.fromEntries(charts) as never,
      found: { seen: true, existing: new Set(), missing: [] },
      prepared: { inPlaceOfOld: new Set(), madeAgain: new Set() },
      delivery,
    });
    await settled(registered);
    const made = registered.filter(({ type }) => type.endsWith(":GeneratedText"));
    const rules = Object.values(unfit).filter((rule): rule is unfit.Unfit => !Array.isArray(rule));
    expect(rules.length).toBeGreaterThan(5);
    expect(made.length).toBeGreaterThan(15);
    for (const { name, inputs } of made) {
      const { alphabet, first, length } = inputs as { alphabet: string; first: string; length: number };
      // Every character stands in one of them, and each that may be the first in front.
      const texts = Array.from(first).map(
        (begin, index) =>
          begin + `${alphabet}${alphabet}`.repeat(length).slice(index * length, (index + 1) * length - 1),
      );
      expect(
        Array.from(alphabet).filter((character) => !texts.join("").includes(character)),
        name,
      ).toEqual([]);
      // A salt goes nowhere but into a hash.
      if (name.includes("-salt-")) {
        for (const text of texts.slice(0, 4)) expect(hashedPassword("password", text)).toMatch(/^[A-Za-z0-9+/=]+$/);
      } else
        expect(
          texts.filter((text) => rules.some(({ refuses }) => refuses.test(text))),
          name,
        ).toEqual([]);
    }
  });
});

function withoutPasswords() {
  return {
    clearml: {
      ...(wholeStack()["clearml"] as object),
      users: [
        { username: "admin", name: "Administrator" },
        { username: "anna", name: "Anna" },
      ],
    },
  };
}
