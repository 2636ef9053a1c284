import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it } from "vitest";
import { seal, unseal } from "../../components/charts/seal.ts";

const SECRET = "pa$$w0rd $& \\1";
const plain = <T>(value: T) =>
  new Promise<pulumi.Unwrap<T>>((resolve) => {
    pulumi.output(value).apply(resolve as (value: unknown) => void);
  });
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** The token that stands at a path of sealed values. */
const at = (values: unknown, ...path: (string | number)[]) =>
  path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], values) as string;

describe("sealing values", () => {
  it("puts a token in the place of each secret, wherever it stands, and leaves the rest", async () => {
    const open = pulumi.output("open");
    const values = {
      replicas: 2,
      off: null,
      open,
      auth: { password: pulumi.secret("one") },
      users: [{ name: "a", password: pulumi.secret("two") }, "text"],
      whole: pulumi.secret("three"),
    };
    const sealed = await seal(values);
    expect(sealed.values).toEqual({
      replicas: 2,
      off: null,
      open,
      auth: { password: expect.stringMatching(/^vpseal[0-9a-f]{24}$/) as string },
      users: [{ name: "a", password: expect.stringMatching(/^vpseal/) as string }, "text"],
      whole: expect.stringMatching(/^vpseal/) as string,
    });
    const secrets = await Promise.all([...sealed.secrets.values()].map((secret) => plain(secret)));
    expect(secrets.sort()).toEqual(["one", "three", "two"]);
    expect(await Promise.all([...sealed.secrets.values()].map((secret) => pulumi.isSecret(secret)))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it("gives the same tokens in each run, so that the render stays the same", async () => {
    const values = (text: string) => ({ a: { b: pulumi.secret(text) }, list: [pulumi.secret(text)] });
    const [first, second] = await Promise.all([seal(values("old")), seal(values("new"))]);
    expect(second.values).toEqual(first.values);
  });

  it("tells places apart whose names could be taken for one another", async () => {
    const { values, secrets } = await seal({
      a: { b: pulumi.secret("1"), "0": pulumi.secret("2") },
      "a.b": pulumi.secret("3"),
      "a[0]": pulumi.secret("4"),
    });
    expect(secrets.size).toBe(4);
    expect(at(values, "a", "b")).not.toBe(at(values, "a.b"));
  });
});

describe("unsealing rendered objects", () => {
  const sealed = () => seal({ auth: { password: pulumi.secret(SECRET), user: pulumi.secret("robot") } });

  it.each<[string, (token: string, user: string) => unknown, string]>([
    ["as it is", (token) => token, SECRET],
    ["in quotes", (token) => JSON.stringify(token), `"${SECRET}"`],
    [
      "within a longer text, with another",
      (token, user) => `redis://${user}:${token}@redis:6379/0`,
      `redis://robot:${SECRET}@redis:6379/0`,
    ],
    [
      "twice in a file of several lines",
      (token) => `[a]\npw = ${token}\n[b]\npw = ${token}\n`,
      `[a]\npw = ${SECRET}\n[b]\npw = ${SECRET}\n`,
    ],
    ["in lower case", (token) => token.toLowerCase(), SECRET],
  ])("%s", async (_, render, expected) => {
    const { values, secrets } = await sealed();
    const text = render(at(values, "auth", "password"), at(values, "auth", "user"));
    const object = { kind: "ConfigMap", metadata: { name: "c" }, data: { open: "x", file: text } };
    expect(unseal(object, secrets)).toBe(true);
    expect(await plain(object.data.file)).toBe(expected);
    expect(await pulumi.isSecret(object.data.file as pulumi.Output<string>)).toBe(true);
    // Only the field that carries it, so that a preview shows the others.
    expect(object.data.open).toBe("x");
    expect(object.metadata).toEqual({ name: "c" });
  });

  it("in an environment variable of a container", async () => {
    const { values, secrets } = await sealed();
    const object = {
      kind: "Deployment",
      spec: {
        template: {
          spec: {
            containers: [
              {
                env: [
                  { name: "A", value: "1" },
                  { name: "B", value: at(values, "auth", "password") },
                ],
              },
            ],
          },
        },
      },
    };
    expect(unseal(object, secrets)).toBe(true);
    const [open, secret] = object.spec.template.spec.containers[0]?.env ?? [];
    expect(open).toEqual({ name: "A", value: "1" });
    expect(await plain(secret?.value)).toBe(SECRET);
  });

  it("in a Secret's data, which is base64, alone and within a file", async () => {
    const { values, secrets } = await sealed();
    const token = at(values, "auth", "password");
    const object = {
      kind: "Secret",
      data: { password: base64(token), file: base64(`pw: "${token}"\n`), other: base64("x") },
      stringData: { password: token },
    };
    expect(unseal(object, secrets)).toBe(true);
    expect(await plain({ ...object })).toEqual({
      kind: "Secret",
      data: { password: base64(SECRET), file: base64(`pw: "${SECRET}"\n`), other: base64("x") },
      stringData: { password: SECRET },
    });
  });

  it("in a Secret's data that the engine's plugin hands over as a secret already", async () => {
    const { values, secrets } = await sealed();
    const data = pulumi.secret({ password: base64(at(values, "auth", "password")), other: base64("x") });
    const object: Record<string, unknown> = { kind: "Secret", data };
    expect(unseal(object, secrets)).toBe(true);
    expect(await pulumi.isSecret(object["data"] as pulumi.Output<unknown>)).toBe(true);
    expect(await plain(object["data"])).toEqual({ password: base64(SECRET), other: base64("x") });
  });

  it.each<[string, Record<string, unknown>]>([
    ["carries none", { kind: "ConfigMap", data: { a: "b" }, spec: [1, true, null] }],
    ["carries a token nobody made", { kind: "ConfigMap", data: { a: `vpseal${"0".repeat(24)}` } }],
  ])("leaves an object that %s, and says so", async (_, object) => {
    const before = structuredClone(object);
    expect(unseal(object, (await sealed()).secrets)).toBe(false);
    expect(object).toEqual(before);
  });

  it("leaves everything where there are no secrets, Outputs too", () => {
    const data = pulumi.secret({ a: "b" });
    const object: Record<string, unknown> = { kind: "Secret", data };
    expect(unseal(object, new Map())).toBe(false);
    expect(object["data"]).toBe(data);
  });

  it("loses nothing when no object carries a token", async () => {
    const { secrets } = await sealed();
    expect(unseal({ kind: "Service", spec: {} }, secrets)).toBe(false);
    expect(secrets.size).toBe(2);
  });
});

describe("a secret that is made only by the run that follows", () => {
  afterEach(() =>
    pulumi.runtime.setMocks({ newResource: ({ inputs }) => ({ id: "x", state: inputs as object }), call: () => ({}) }),
  );

  it("stays unknown and secret through seal and unseal, at preview", async () => {
    await pulumi.runtime.setMocks(
      { newResource: ({ inputs }) => ({ id: "x", state: inputs as object }), call: () => ({}) },
      "p",
      "s",
      true,
    );
    const unknown = pulumi.secret(
      new (pulumi.Output as unknown as new (...parts: unknown[]) => pulumi.Output<string>)(
        new Set(),
        Promise.resolve(undefined),
        Promise.resolve(false),
        Promise.resolve(true),
        Promise.resolve(new Set()),
      ),
    );
    const { values, secrets } = await seal({ password: unknown });
    const object = { kind: "ConfigMap", data: { password: at(values, "password") as unknown } };
    expect(unseal(object, secrets)).toBe(true);
    const result = object.data.password as pulumi.Output<string> & { isKnown: Promise<boolean> };
    expect(await result.isKnown).toBe(false);
    expect(await pulumi.isSecret(result)).toBe(true);
  });
});
