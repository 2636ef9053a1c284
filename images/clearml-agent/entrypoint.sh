#!/bin/bash
# Started by the chart. Nothing is traced, so that no key gets into the log; nothing is updated, so that a pod runs what its image holds;
# and clearml.conf, a read-only file of a Secret, is left as it is.
set -euo pipefail

: "${K8S_GLUE_QUEUE:?names the queue to take tasks from; the chart sets it}"

limit=()
if [ -n "${K8S_GLUE_MAX_PODS:-}" ]; then
  limit=(--max-pods "$K8S_GLUE_MAX_PODS")
fi

# The chart gives several options in one variable: they are meant to be split at blanks, and at nothing else.
read -r -d '' -a more <<<"${K8S_GLUE_EXTRA_ARGS:-}" || true

exec python3 -u "${K8S_GLUE_LAUNCHER:-/root/k8s_glue.py}" --queue "$K8S_GLUE_QUEUE" "${limit[@]}" "${more[@]}"
