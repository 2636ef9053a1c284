import { json, type Answer } from "./answers.ts";
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
];

/** Health needs its slash, asks for nothing and is not throttled. `failing` are its checks that do not work. (1.2) */
export function health(failing: readonly string[]): Answer {
  const checks = CHECKS.map((name) => [name, failing.includes(name) ? "unknown error: no answer" : "working"]);
  const { text } = json(200, Object.fromEntries(checks));
  return { status: failing.length > 0 ? 500 : 200, type: "application/json", text };
}
