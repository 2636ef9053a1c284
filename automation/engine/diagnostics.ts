import { stripVTControlCharacters } from "node:util";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { parseUrn } from "./urn.ts";

/** What the engine says of an object that the API server refused, and what a person can do. */
interface Translation {
  pattern: RegExp;
  cure: string;
}

const CURES: readonly Translation[] = [
  {
    pattern: /can not be less than|Forbidden: field can not be less/,
    cure: "A claim cannot shrink. Set its size in the stack file back to at least what it has.",
  },
  {
    pattern: /Apply failed with \d+ conflicts?/,
    cure: "Another program set these fields. Run up with --force once to take them over.",
  },
  {
    pattern: /no matches for kind/,
    cure: "The cluster does not know this kind: install what brings its definition first (Traefik's come with K3s).",
  },
  {
    pattern: /field is immutable|updates to statefulset spec for fields other than/,
    cure: "This field never changes once it is there. If the old object is still being deleted, run up again; else delete the object (its claims stay) and run up.",
  },
  {
    pattern: / is invalid: /,
    cure: "The chart, or values laid over it in the stack file, make an object that the API server refuses: mend them, or take another version of the chart.",
  },
  {
    pattern: /is forbidden: User /,
    cure: "The kubeconfig's user may not do this: take one that is cluster-admin.",
  },
  {
    pattern: /stack is currently locked/,
    cure: "Another run is at work on this stack, or one was killed. If none is, run: pulumi cancel",
  },
  {
    // The plugin for MinIO marks its errors so; the engine's own of an API server has no such mark. (plugins.md, section 3)
    pattern:
      /\[FATAL\].*(connection refused|no such host|i\/o timeout|awaiting response headers|connection reset|\bEOF\b|Service Unavailable)/s,
    cure: "The object store stopped answering in the middle of the run. See that MinIO runs and that vision-platform:objectStore.endpoint, or .address, reaches it; then run the same again.",
  },
  {
    pattern:
      /configured Kubernetes cluster is unreachable|connection refused|no such host|i\/o timeout|x509:|Unauthorized|client to provide credentials/,
    cure: "Check that vision-platform:cluster.kubeconfig and its context reach the API server: kubectl get nodes.",
  },
  {
    pattern: /incorrect passphrase|passphrase must be set/,
    cure: "Set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, to this stack's passphrase.",
  },
  {
    pattern: /PULUMI_ACCESS_TOKEN must be set|unable to open bucket/,
    cure: "Say where the state is kept, in a folder that is there: export PULUMI_BACKEND_URL=file://$HOME/vision-platform-state, or pulumi login.",
  },
];

/** Says nothing a person can act on: it repeats that something else failed. */
const NOISE =
  /^(update|preview|destroy|refresh) failed$|^resource registration|grpc: the client connection is closing|resource monitor shut down|^error: update failed/i;

/** What the runtime puts around an error of a component, once for each that waits for it: without, all of them are one. */
const RUNTIME_FRAMES = /^(One or more errors occurred: |error serializing property "[^"]*": )+/;

/** The errors of a run, each once, with the objects they are about and the cure where one is known. */
export function problemsIn(events: readonly EngineEvent[]): string[] {
  const subjects = new Map<string, Set<string>>();
  for (const { diagnosticEvent } of events) {
    if (diagnosticEvent?.severity !== "error" || diagnosticEvent.ephemeral) continue;
    const message = plain(diagnosticEvent.message).replace(RUNTIME_FRAMES, "");
    if (message === "" || NOISE.test(message)) continue;
    const { subject, words } = told(diagnosticEvent.urn, message);
    subjects.set(words, (subjects.get(words) ?? new Set()).add(subject));
  }
  return [...subjects].map(([words, [first = "", ...more]]) => {
    const others = more.length > 0 ? ` (and ${more.length} more)` : "";
    const cure = cureFor(words);
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

/** The cure for a message of the engine or the API server, where one is known. */
export function cureFor(message: string): string | undefined {
  return CURES.find(({ pattern }) => pattern.test(message))?.cure;
}

/** What a message is about and what it says. What the program itself says stays as it is, line by line. */
function told(urn: string | undefined, message: string): { subject: string; words: string } {
  if (urn === undefined) return { subject: "", words: message };
  const { system, kind, short, type } = parseUrn(urn);
  if (kind === "Stack") return { subject: "", words: message };
  if (type.startsWith("vision-platform:")) return { subject: message.startsWith(system) ? "" : system, words: message };
  return { subject: `${system}, ${kind} ${short}`, words: apiServersWords(message) };
}

/** What the engine and its plugin put around the API server's own sentence. (pulumi-kubernetes: provider/provider.go, await/await.go) */
const FRAMES: readonly RegExp[] = [
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

function apiServersWords(message: string): string {
  return (
    FRAMES.reduce((text, frame) => text.replace(frame, ""), message)
      // A whole object as Go prints it: unreadable, and it may hold what nobody should see.
      .replace(/Invalid value: (core|apps|batch)\.\w+\{.*\}: /s, "")
      .replace(/\s+/g, " ")
      .trim()
  );
}
