import { readFileSync } from "node:fs";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { PYTHON } from "../names.ts";

/** ConfigMap with the script. */
export const INITIALISATION = "cvat-initialisation";

const FILE = "once.py";
const FOLDER = "/etc/vision-platform/initialisation";

/** Python that runs a command while nobody else initialises the same CVAT. */
export const ONCE_TEXT = readFileSync(new URL(`./${FILE}`, import.meta.url), "utf8");

export const ONCE_VOLUME = { name: INITIALISATION, configMap: { name: INITIALISATION } };
export const ONCE_MOUNT = { name: INITIALISATION, mountPath: FOLDER, readOnly: true };

/** Seconds before nobody waits for it any more, in which it is told why it gave up: a silent server may take them too. (once.py, ANSWER_SECONDS) */
const LAST_WORDS = 20;

/**
 * A command that waits for its turn. Its pod has {@link ONCE_MOUNT}, and CVAT's variables of PostgreSQL.
 * @param patience seconds that its Job is waited for: it waits a little less for PostgreSQL and for its turn
 */
export const onceCommand = (patience: number, command: readonly string[]): string[] => [
  ...[PYTHON, `${FOLDER}/${FILE}`, String(Math.max(1, patience - LAST_WORDS))],
  ...command,
];

/** The script, for pods to mount. */
export function onceScript(
  name: string,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ConfigMap {
  const metadata = { name: INITIALISATION, namespace };
  return new k8s.core.v1.ConfigMap(`${name}-initialisation`, { metadata, data: { [FILE]: ONCE_TEXT } }, opts);
}
