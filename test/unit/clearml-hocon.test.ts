import { expect, test } from "vitest";
import { hocon } from "../../components/clearml/hocon.ts";
import { apiserverConf } from "../../components/clearml/users.ts";

test.each([
  ["text that reads as a time span", { a: "5d" }, 'a: "5d"\n'],
  ["text that reads as a number", { a: "0123" }, 'a: "0123"\n'],
  ["text that reads as a boolean", { a: "true" }, 'a: "true"\n'],
  ["a comment sign", { a: "a#b // c" }, 'a: "a#b // c"\n'],
  ["a substitution", { a: "${HOME} $x" }, 'a: "${HOME} $x"\n'],
  ["quotes and backslashes", { a: 'q"u\\o' }, 'a: "q\\"u\\\\o"\n'],
  [
    "the end of its own object",
    { a: '"}\nauth.fixed_users.enabled: false' },
    'a: "\\"}\\nauth.fixed_users.enabled: false"\n',
  ],
  ["letters of other alphabets", { a: "Анна" }, 'a: "Анна"\n'],
  ["numbers and booleans", { a: 80, b: false }, "a: 80\nb: false\n"],
  ["keys that are paths", { "a.b": 1, "c-d": 2 }, '"a.b": 1\n"c-d": 2\n'],
  ["nested fields", { a: { b: { c: 1 } } }, "a {\n  b {\n    c: 1\n  }\n}\n"],
  ["lists", { a: ["x", { b: 1 }], c: [] }, 'a: [\n  "x"\n  {\n    b: 1\n  }\n]\nc: [\n]\n'],
])("%s", (_title, fields, text) => {
  expect(hocon(fields)).toBe(text);
});

test.each([
  ["a NUL", "a\u0000b"],
  ["an escape", "\u001b[0m"],
  ["half a character", "\ud800"],
])("%s is refused", (_title, text) => {
  expect(() => hocon({ a: text })).toThrow(RangeError);
  expect(() => hocon({ [text]: 1 })).toThrow(RangeError);
});

test.each([1.5, NaN, Infinity, 2 ** 60])("%d is refused", (number) => {
  expect(() => hocon({ a: number })).toThrow(RangeError);
});

test("the server's file names each user and keeps everyone else out", () => {
  expect(
    apiserverConf([
      { username: "anna", name: "Anna Example", hashedPassword: "aGFzaA==" },
      { username: "boris", name: 'Борис "B"', hashedPassword: "aGFzaDI=" },
    ]),
  ).toBe(`auth {
  fixed_users {
    enabled: true
    pass_hashed: true
    users: [
      {
        username: "anna"
        password: "aGFzaA=="
        name: "Anna Example"
      }
      {
        username: "boris"
        password: "aGFzaDI="
        name: "Борис \\"B\\""
      }
    ]
  }
}
`);
});
