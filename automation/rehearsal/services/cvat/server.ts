import { WEBHOOK_EVENTS } from "../../../../components/cvat/webhook-config.ts";
import { detail, json, plain, type Answer } from "./answers.ts";
import type { Route } from "./asked.ts";

const CHECKS = [
  "Cache backend: default",
  "Cache backend: media",
  "DatabaseBackend",
  "DatabaseBackend[default]",
  "DiskUsage",
  "MemoryUsage",
  "OPAHealthCheck",
];

export const SERVER_ROUTES: readonly Route[] = [
  {
    path: /^server\/about$/,
    open: true,
    methods: {
      GET: ({ config, host }) =>
        json(200, {
          name: "Computer Vision Annotation Tool",
          description: "A rehearsal's stand-in for CVAT.",
          version: config.version,
          logo_url: `http://${host}/static/logo.svg`,
          subtitle: "Open Data Annotation Platform",
        }),
    },
  },
  // The rules that the policy agent takes, and the events a webhook may have, for whoever asks. (cvat-real-third-look.md 1.1)
  {
    path: /^auth\/rules$/,
    open: true,
    methods: { GET: () => ({ status: 200, type: "application/x-tar", text: "" }) },
  },
  {
    path: /^webhooks\/events$/,
    open: true,
    methods: { GET: () => json(200, { webhook_type: "all", events: WEBHOOK_EVENTS }) },
  },
  // Nobody is told whether he may see it. (1.2)
  {
    path: /^assets\/([^/]+)$/,
    open: true,
    methods: {
      GET: () => {
        throw detail(404, "No Asset matches the given query.");
      },
    },
  },
];

/** Health needs its slash, asks for nothing and is not throttled; in words unless asked for JSON. `failing` are its checks that do not work. (1.2) */
export function health(failing: readonly string[], format: string | null): Answer {
  const checks = CHECKS.map((name) => [name, failing.includes(name) ? "unknown error: no answer" : "working"]);
  const status = failing.length > 0 ? 500 : 200;
  if (format !== "json") return plain(status, checks.map((check) => check.join(": ")).join("\n"));
  return { status, type: "application/json", text: JSON.stringify(Object.fromEntries(checks)) };
}
