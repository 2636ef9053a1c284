import path from "node:path";
import { execa } from "execa";
import { beforeAll, expect, it } from "vitest";
import { silentProgress } from "../../automation/progress.ts";
import { pythonEnvironment } from "../../automation/python/environment.ts";
import { isEmail, isUrl, stripped } from "../../automation/rehearsal/services/cvat/django.ts";
import { cvatConfig } from "../../components/cvat/cvat-section.ts";
import { emailOf } from "../../components/cvat/users/users-config.ts";

const FOLDER = path.resolve(import.meta.dirname, "../python/django");
const LABEL = "l".repeat(63);

const URLS = [
  ..."https://ci.example.com/hook http://ci.example.com:8080/a?b=c#d http://192.0.2.60:8080/x http://localhost:8080".split(
    " ",
  ),
  ..."ftp://ci.example.com gopher://ci.example.com HTTP://CI.example.com http://u:p@ci.example.com http://u@h".split(
    " ",
  ),
  ..."http://receiver http://receiver/x ci.example.com http:// http://.example.com http://example..com".split(" "),
  ..."http://a_b.example.com http://-a.example.com http://a-.example.com http://ex.c http://example.c0m".split(" "),
  ..."http://256.1.1.1 http://1.2.3 http://1.2.3.4.5 http://01.2.3.4 http://0x7f.0.0.1 http://2130706433".split(" "),
  ..."http://[::1]/x http://[::g]/x http://[1::2::3] http://[2001:db8::1]:9000 http://example.com.".split(" "),
  ..."http://bücher.example http://bücher.example:80/ä http://xn--bcher-kva.example http://日本.example".split(" "),
  ..."http://example.com:123456 http://example.com:x http://example.com:80:80 http://exa%6dple.com".split(" "),
  `http://${LABEL}.example.com`,
  `http://${LABEL}l.example.com`,
  `http://${`${LABEL}.`.repeat(4)}example.com`,
  `http://example.com/${"x".repeat(2048 - "http://example.com/".length)}`,
  `http://example.com/${"x".repeat(2049 - "http://example.com/".length)}`,
  "http://example.com/a b",
  "http://exa mple.com",
  " http://example.com",
  "http://example.com/\u0007",
  "http://example.com/\t",
];
const EMAILS = [
  ..."a@b.cc a.b+c-d_e@mail.example.com A@B.CC a@localhost a@[192.0.2.1] a@[::1] a@bücher.example ä@b.cc".split(" "),
  ..."x@y .bob@b.cc bob.@b.cc a..b@b.cc @b.cc a@ a a@b@c.dd -bob@b.cc bob-@b.cc a@-b.cc a@b-.cc a@b.c a@b_c.dd".split(
    " ",
  ),
  ..."a@b..cc a@.b.cc a@b.cc. a@192.0.2.1".split(" "),
  `a@${LABEL}.cc`,
  `a@${LABEL}l.cc`,
  `${"a".repeat(320 - "@example.com".length)}@example.com`,
  `${"a".repeat(321 - "@example.com".length)}@example.com`,
  '"a b"@b.cc',
  "a b@b.cc",
  " a@b.cc",
];
const TEXTS = ["x", " x ", "\n x\t", "\u2003x\u00a0", "\ufeffx", "\u0085x\u001f", "\u200bx", "x y", "  ", ""];
/** Names that a stack file may give a user who has no address of his own. */
const NAMES = [
  "eva",
  ".bob",
  "bob.",
  "a..b",
  "a...b",
  "@team",
  "team@",
  "@",
  ".",
  "..",
  "a@b",
  "a.@b",
  "+x",
  "-x",
  "_",
];

let django: { urls: boolean[]; emails: boolean[]; texts: string[] };
const problemsOf = (config: unknown) => cvatConfig.safeParse(config).error?.issues ?? [];
beforeAll(async () => {
  const python = await pythonEnvironment(path.join(FOLDER, "requirements.txt"), { progress: silentProgress });
  const emails = [...EMAILS, ...NAMES.map((username) => emailOf({ username }))];
  const input = JSON.stringify({ urls: URLS, emails, texts: TEXTS });
  const { stdout } = await execa(python, ["addresses.py"], { cwd: FOLDER, input });
  django = JSON.parse(stdout) as typeof django;
}, 300_000);

it("the stand-in takes the addresses that Django takes", () => {
  expect(URLS.map((url) => [url, isUrl(url)])).toEqual(URLS.map((url, index) => [url, django.urls[index]]));
  expect(EMAILS.map((one) => [one, isEmail(one)])).toEqual(EMAILS.map((one, index) => [one, django.emails[index]]));
});

it("the stand-in takes off the blanks that Python takes off", () => {
  expect(TEXTS.map(stripped)).toEqual(django.texts);
});

it("a stack file that is accepted has no webhook that Django refuses", () => {
  const hook = (url: string) => [{ slug: "lab", webhooks: [{ name: "ci", url, events: ["update:job"] }] }];
  const accepted = URLS.filter((url) => problemsOf({ organizations: hook(url) }).length === 0);
  expect(accepted.filter((url) => !django.urls[URLS.indexOf(url)])).toEqual([]);
  expect(accepted).toEqual(
    expect.arrayContaining(["https://ci.example.com/hook", "http://192.0.2.60:8080/x", "http://xn--bcher-kva.example"]),
  );
});

it("a stack file that is accepted has no e-mail address that Django refuses", () => {
  const accepted = EMAILS.filter((email) => problemsOf({ users: [{ username: "eva", email }] }).length === 0);
  expect(accepted.filter((email) => !django.emails[EMAILS.indexOf(email)])).toEqual([]);
  expect(accepted).toEqual(expect.arrayContaining(["a@b.cc", "a.b+c-d_e@mail.example.com"]));
});

it("a user who gives no address gets one that Django takes, and one of his own", () => {
  for (const [index, username] of NAMES.entries()) {
    expect(problemsOf({ users: [{ username }] })).toEqual([]);
    expect([username, django.emails[EMAILS.length + index]]).toEqual([username, true]);
  }
  expect(emailOf({ username: "a.b@c" })).toBe("a.b.c@cvat.invalid");
});
