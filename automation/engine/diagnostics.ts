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
    pattern: /stack is currently locked/,
    cure: "Another run is at work on this stack, or one was killed. If none is, run: npm run platform -- cancel",
  },
  {
    pattern: /configured Kubernetes cluster is unreachable|connection refused|no such host|i\/o timeout/,
    cure: "Check that vision-platform:cluster.kubeconfig and its context reach the API server: kubectl get nodes.",
  },
  {
    pattern: /incorrect passphrase/,
    cure: "Set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, to this stack's passphrase.",
  },
];

/** Says nothing a person can act on: it repeats that something else failed. */
const NOISE =
  /^(update|preview|destroy|refresh) failed$|^resource registration|grpc: the client connection is closing|^error: update failed/i;

/** The errors of a run, each once, with the object they are about and the cure where one is known. */
export function problemsIn(events: readonly EngineEvent[]): string[] {
  const lines = events.flatMap(({ diagnosticEvent }) => {
    if (diagnosticEvent?.severity !== "error" || diagnosticEvent.ephemeral) return [];
    const message = plain(diagnosticEvent.message);
    return message === "" || NOISE.test(message) ? [] : [withObject(diagnosticEvent.urn, message)];
  });
  return [...new Set(lines)];
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

function withObject(urn: string | undefined, message: string): string {
  const { system, kind, short } = parseUrn(urn ?? "");
  const subject = urn === undefined || kind === "Stack" ? "" : `${system}, ${kind} ${short}: `;
  const cure = cureFor(message);
  return `${subject}${apiServersWords(message)}${cure ? `\n    ${cure}` : ""}`;
}

/** The API server's own sentence, without the engine's frame around it. */
function apiServersWords(message: string): string {
  return message
    .replace(/^(Preview|Update) failed:\s*/i, "")
    .replace(/^\d+ errors? occurred:\s*\*\s*/s, "")
    .replace(/^the Kubernetes API server reported that .*? failed to (?:fully )?initialize or become live:\s*/s, "")
    .replace(
      /^resource ("?)\S+?\1 was not successfully (?:created|updated|deleted) by the Kubernetes API server:?\s*/s,
      "",
    )
    .replace(/^failed to (?:initialize|update|create)[^:]*:\s*/, "")
    .replace(/\s+/g, " ")
    .trim();
}
