import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Publishers } from "../../automation/tools/publishers.ts";

// A Go that writes down what it is asked, builds slowly on request, and fails on request.
const GO = `#!/bin/sh
if [ "$1" = env ]; then echo "\${FAKE_GO_VERSION:-go1.26.8}"; exit; fi
echo "$GOFLAGS $CGO_ENABLED $*" >> "$FAKE_GO_LOG"
if [ -n "$FAKE_GO_FAILS" ]; then for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo "line $i" >&2; done; exit 1; fi
while [ "$1" != -o ]; do shift; done
echo half > "$2"
sleep "\${FAKE_GO_SECONDS:-0}"
printf '#!/bin/sh\\necho etcd Version: 3.6.14\\n' > "$2"
chmod +x "$2"
`;

/** Puts that Go into a folder. */
export function putGo(folder: string): void {
  writeFileSync(path.join(folder, "go"), GO);
  chmodSync(path.join(folder, "go"), 0o755);
}

/** Of whom nothing can be fetched. */
export const NOBODY: Publishers = {
  releases: [],
  at: (address) => new URL(address),
  patience: { retries: 0, firstWaitMs: 1, silenceMs: 1 },
};
