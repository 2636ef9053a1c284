import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type * as auto from "@pulumi/pulumi/automation/index.js";
import { runningProcesses } from "../../automation/processes.ts";

/** A secret to look for, and what to call it when it is found: its text never stands in a message. */
export interface Canary {
  name: string;
  text: string;
}

/** A place in which a canary was found. */
export interface Find {
  canary: string;
  where: string;
}

/** Which canaries stand in `text`, in clear or in base64, alone or in the middle of something longer, once or twice over. */
export function find(canaries: readonly Canary[], text: string, where: string): Find[] {
  return canaries
    .filter((canary) => formsOf(canary.text).some((form) => text.includes(form)))
    .map((canary) => ({ canary: canary.name, where }));
}

function formsOf(text: string): string[] {
  const known = FORMS.get(text);
  if (known) return known;
  const once = inBase64(text);
  const forms = [text, ...once, ...once.flatMap(inBase64)];
  FORMS.set(text, forms);
  return forms;
}

const FORMS = new Map<string, string[]>();

/** What of `text` is the same in base64 whatever stands around it, for each of the three places it can begin at. */
function inBase64(text: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from("x".repeat(before) + text).toString("base64");
    // The first and the last characters carry bits of the neighbours too.
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + text.length) * 8) / 6));
  });
}

/** Looks into every file under a folder, whatever its kind. */
export async function findInFiles(canaries: readonly Canary[], folder: string, except: readonly string[] = []) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !except.some((folder) => file.startsWith(folder + path.sep)));
  const finds: Find[] = [];
  for (const file of files) {
    finds.push(...find(canaries, await readFile(file, "latin1"), path.relative(folder, file)));
  }
  return { files: files.map((file) => path.relative(folder, file)), finds };
}

/** Looks at the command line of every process of the machine again and again, until ended. */
export function watchCommandLines(): { end(): string[] } {
  const seen = new Set<string>();
  const look = () => runningProcesses().forEach(({ words }) => seen.add(words.join(" ")));
  const timer = setInterval(look, 100);
  return {
    end() {
      look();
      clearInterval(timer);
      return [...seen];
    },
  };
}

/** What the stack made for itself, read into memory and kept there. */
export async function generatedIn(stack: auto.Stack): Promise<Canary[]> {
  const deployment: unknown = (await stack.exportStack()).deployment;
  const { resources } = deployment as { resources: { urn: string; type: string; outputs: { value: unknown } }[] };
  return resources
    .filter(({ type }) => /:(GeneratedText|AccessToken)$/.test(type))
    .map(({ urn, outputs }) => {
      const { plaintext } = outputs.value as { plaintext: string };
      return { name: `generated ${urn.split("::").at(-1) ?? ""}`, text: JSON.parse(plaintext) as string };
    });
}
