#!/usr/bin/env node
// In place of curl, where a test runs what calls it: the options that are used, an error for any other. (curl's manual page)
import { readFile, writeFile } from "node:fs/promises";

const given = { headers: {} };
const args = process.argv.slice(2);
for (let option = args.shift(); option !== undefined; option = args.shift()) {
  if (option === "--fail" || option === "--silent" || option === "--show-error" || option === "--location")
    given[option] = true;
  else if (option === "--output" || option === "--upload-file" || option === "--user") given[option] = args.shift();
  else if (option === "--header") {
    const [, name, value] = /^([\w-]+): (.*)$/.exec(args.shift() ?? "") ?? [];
    given.headers[name] = value;
  } else if (/^https?:/.test(option) && !given.url) given.url = new URL(option);
  else fail(2, `option ${option}: is unknown`);
}
if (!given.url) fail(2, "no URL specified");

const signIn = given["--user"] && { authorization: `Basic ${Buffer.from(given["--user"]).toString("base64")}` };
const file = given["--upload-file"];
const body = file && (await readFile(file).catch(() => fail(26, "Failed to open/read local data from file")));
let answer = await ask(given.url, { ...signIn, ...given.headers });
for (let hops = 0; given["--location"] && answer.status >= 300 && answer.status < 400 && hops < 50; hops++) {
  const next = new URL(answer.headers.get("location"), answer.url);
  // What --user says is for the host that was named; what --header says goes along.
  answer = await ask(next, { ...(next.host === given.url.host && signIn), ...given.headers });
}
if (given["--fail"] && answer.status >= 400) fail(22, `The requested URL returned error: ${answer.status}`);
const bytes = Buffer.from(await answer.arrayBuffer());
if (given["--output"]) await writeFile(given["--output"], bytes);
else process.stdout.write(bytes);

function ask(url, headers) {
  return fetch(url, { method: body ? "PUT" : "GET", headers, ...(body && { body }), redirect: "manual" }).catch(() =>
    fail(7, `Failed to connect to ${url.host}`),
  );
}
function fail(code, text) {
  process.stderr.write(`curl: (${code}) ${text}\n`);
  process.exit(code);
}
