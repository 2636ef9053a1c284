// A night's work on a lab, from code: `node loader/run.mjs examples/night.ts homelab`. Ten minutes, then it stops in order.
import { openLab, streamProgress } from "../automation/index.ts";

const [stack = "homelab", folder] = process.argv.slice(2);
const signal = AbortSignal.timeout(10 * 60_000);
const lab = await openLab({ stack, ...(folder && { folder }), progress: streamProgress() });

const { report } = await lab.preview({ signal });
console.log(report.verdict);

if (report.findings.some(({ severity }) => severity === "careful")) {
  console.log("Left for a person to look at.");
  process.exitCode = 3;
} else {
  const { counts } = await lab.up({ signal });
  console.log(`${counts["update"] ?? 0} objects updated.`);
}

const { changed, gone } = await lab.drift({ signal });
console.log(`${changed.length} objects changed by hand, ${gone.length} gone.`);
