import { isComponent, isWait } from "../../components/records/tokens.ts";
import { stripVTControlCharacters } from "node:util";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { cureFor, type Speaker } from "./cures.ts";
import { keyOf } from "./key-of.ts";
import { parseUrn } from "./urn.ts";

/** Says nothing a person can act on: it repeats that something else failed. */
const NOISE =
  /^(update|preview|destroy|refresh) failed$|^resource registration|grpc: the client connection is closing|resource monitor shut down|^error: update failed/i;

/** What the runtime puts around an error of a component, once for each that waits for it: without, all of them are one. */
const RUNTIME_FRAMES = /^(One or more errors occurred: |Unhandled exception: |error serializing property "[^"]*": )+/;

interface Told {
  /** What it is about, as a person knows it. */
  subject: string;
  words: string;
  speaker: Speaker;
}

/** The errors of a run, each once, with the objects they are about and the cure where one is known. */
export function problemsIn(events: readonly EngineEvent[]): string[] {
  const subjects = new Map<string, Set<string>>();
  const speakers = new Map<string, Speaker>();
  for (const { diagnosticEvent } of events) {
    if (diagnosticEvent?.severity !== "error" || diagnosticEvent.ephemeral) continue;
    const message = plain(diagnosticEvent.message).replace(RUNTIME_FRAMES, "");
    if (message === "" || NOISE.test(message)) continue;
    const { subject, words, speaker } = told(diagnosticEvent.urn, message);
    subjects.set(words, (subjects.get(words) ?? new Set()).add(subject));
    speakers.set(words, speaker);
  }
  return [...subjects].map(([words, all]) => {
    // The program ends with what a resource of it was told already.
    const [first = "", ...more] = [...all].filter((subject) => subject !== "");
    const others = more.length > 0 ? ` (and ${more.length} more)` : "";
    const cure = cureFor(words, speakers.get(words) ?? "engine");
    return `${first}${others}${first || others ? ": " : ""}${words}${cure ? `\n    ${cure}` : ""}`;
  });
}

/** Text of the engine without its colour marks and its prefixes. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/<\{%[^%]*%\}>/g, "")
    .replace(/^(error|warning|info):\s*/i, "")
    .trim();
}

/** What a message is about and what it says. What the program itself says stays as it is, line by line. */
function told(urn: string | undefined, message: string): Told {
  if (urn === undefined) return { subject: "", words: message, speaker: "engine" };
  const { system, kind, short, type } = parseUrn(urn);
  if (kind === "Stack") return { subject: "", words: message, speaker: "engine" };
  if (isComponent(type) || isWait(type))
    return { subject: message.startsWith(system) ? "" : system, words: message, speaker: "kubernetes" };
  const speaker = SPEAKERS.find(({ types }) => types.test(type))?.speaker ?? "record";
  const words = wordsOf(message, speaker);
  const key = words.includes("vision-platform:") ? undefined : keyOf(urn);
  return { subject: `${system}, ${kind} ${short}${key === undefined ? "" : ` (${key})`}`, words, speaker };
}

/** Who speaks of a resource: its plugin, or a record of ours, whose errors are whole sentences. */
const SPEAKERS: readonly { types: RegExp; speaker: Speaker }[] = [
  { types: /^(pulumi:providers:)?kubernetes(:|$)/, speaker: "kubernetes" },
  { types: /^(pulumi:providers:)?minio(:|$)/, speaker: "minio" },
];

/** What the engine and its plugin put around the API server's own sentence. (pulumi-kubernetes: provider/provider.go, await/await.go) */
const FRAMES_OF_KUBERNETES: readonly RegExp[] = [
  /^(Preview|Update) failed:\s*/i,
  /^\d+ errors? occurred:\s*\*\s*/,
  /^the Kubernetes API server reported that .*? failed to (fully )?initialize or become live:\s*/s,
  /^resource \S+ was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live:\s*/,
  /^resource \S+ was not successfully (created|updated|deleted) by the Kubernetes API server\s*:?\s*/,
  /^(creation|update) of resource \S+( with kind \S+)? failed( because the Kubernetes API server reported that the apiVersion for this resource does not exist\. Verify that any required CRDs have been created)?:\s*/,
  /^failed to (initialize|update|create)[^:]*:\s*/,
  /^Server-Side Apply field conflict detected\. See \S+ for troubleshooting help\.\s*/,
  /^The resource managed by field manager "[^"]*" had an apply conflict:\s*/,
];

/**
 * What the plugin for MinIO puts around a sentence, which it prints twice: framed by the file of the library it is made with, and by the number
 * of errors. Of a text for Go's Printf that nobody filled in, the places are left. (plugins.md, section 3; plugins-second-look.md)
 */
const FRAMES_OF_MINIO: readonly [frame: RegExp, instead: string][] = [
  [/^\s*sdk-v2\/provider2\.go:\d+: sdk\.helper_schema: /, ""],
  [/: provider=minio@\S+\s*$/, ""],
  [/^\d+ errors? occurred:\s*\*\s*/, ""],
  [/^\[FATAL\] /, ""],
  [/: <nil>\s*$/, ""],
  [/ %s: %s(?= \()/g, ""],
  // Of a store that does not answer, whatever is asked first: without, all of them are one.
  [/ \([^()]*\): (Get|Head|Put|Post|Delete) "[^"]*": /, ": "],
];

function wordsOf(message: string, speaker: Speaker): string {
  if (speaker === "minio")
    return oneLine(FRAMES_OF_MINIO.reduce((text, [frame, instead]) => text.replace(frame, instead), message));
  const bare = FRAMES_OF_KUBERNETES.reduce((text, frame) => text.replace(frame, ""), message);
  // A whole object as Go prints it: unreadable, and it may hold what nobody should see.
  return oneLine(bare.replace(/Invalid value: (core|apps|batch)\.\w+\{.*\}: /s, ""));
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();
