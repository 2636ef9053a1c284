import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Checkout } from "./checkout.ts";

/** The verbs that need an engine and a lab; the others are the real ones. */
const VERBS = "preview|up|recover|drift|charts";

/** In place of the verbs that need a lab: what they end with, which files they write, and a plan's digest, as the real ones have it. */
export interface EngineStandIn {
  path: string;
  /** How the next runs of a verb end. */
  ends: (codes: Readonly<Record<string, number>>) => Promise<void>;
  /** What was run since the last look. */
  calls: () => Promise<string[]>;
  /** The plan that the last up was given. */
  applied: () => Promise<string>;
  /** What preview and drift report, and the plan that preview saves. */
  files: { markdown: string; json: string; plan: string };
}

export async function engineStandIn(checkout: Checkout): Promise<EngineStandIn> {
  const folder = path.join(checkout.folder, ".git", "stand-in");
  await mkdir(folder, { recursive: true });
  const file = (name: string) => path.join(folder, name);
  const packages = await checkout.pathWithPackages();
  const npm = path.join(packages.split(":")[0] ?? "", "npm");
  await writeFile(
    file("npm"),
    [
      "#!/bin/bash",
      `if [[ "$1 $2 $3" = "run platform --" && "$4" =~ ^(${VERBS})$ ]]; then exec bash '${file("verb")}' "\${@:4}"; fi`,
      `exec '${npm}' "$@"`,
    ].join("\n"),
    { mode: 0o755 },
  );
  await writeFile(
    file("verb"),
    [
      `echo "$*" >> '${file("calls")}'`,
      "verb=$1",
      // The lab's secret is there for what works on the lab, and for nothing else.
      `case "$*" in charts*) ;; *--rehearse*) [ -z "\${PULUMI_CONFIG_PASSPHRASE:-}" ] || exit 90;; *) [ -n "\${PULUMI_CONFIG_PASSPHRASE:-}" ] || exit 91;; esac`,
      `while [ $# -gt 0 ]; do case "$1" in --report) report=$2;; --save-plan) save=$2;; --plan) plan=$2;; --digest) digest=$2;; --base) base=$2;; esac; shift; done`,
      // What it is compared with must be in the checkout.
      `[ -z "\${base:-}" ] || git rev-parse --verify --quiet "$base^{commit}" >&2 || exit 2`,
      `code=$(cat '${folder}/ends-'"$verb" 2>/dev/null || echo 0)`,
      `[ -z "\${report:-}" ] || cp '${file("report.")}'"\${report##*.}" "$report" || exit 1`,
      // A preview that fails saves no plan.
      `[ -z "\${save:-}" ] || [[ ! "$code" =~ ^[03]$ ]] || cp '${file("plan")}' "$save" || exit 1`,
      `if [ "$verb" = up ]; then cp "$plan" '${file("applied")}' || exit 2; [[ "$(sha256sum "$plan")" = "\${digest:-}"* ]] || exit 1; fi`,
      `exit "$code"`,
    ].join("\n"),
  );
  await writeFile(file("calls"), "");
  return {
    path: `${folder}:${packages}`,
    async ends(codes) {
      for (const verb of VERBS.split("|")) await rm(file(`ends-${verb}`), { force: true });
      for (const [verb, code] of Object.entries(codes)) await writeFile(file(`ends-${verb}`), String(code));
    },
    async calls() {
      const text = await readFile(file("calls"), "utf8");
      await writeFile(file("calls"), "");
      return text.split("\n").filter(Boolean);
    },
    applied: () => readFile(file("applied"), "utf8"),
    files: { markdown: file("report.md"), json: file("report.json"), plan: file("plan") },
  };
}
