"""Pods that wait: the glue tells their tasks for what, and gives up those whose image cannot be pulled."""

import subprocess

from clearml_agent.glue.pending_pods_daemon import PendingPodsDaemon

# The kubelet's word for an image name that is none: no time makes it better, and the glue waits for ever.
HOPELESS = "InvalidImageName"


class PendingPods(PendingPodsDaemon):
    def _update_pending_task_msg(self, task_id, msg, tags=None):
        if not msg or not msg.startswith(HOPELESS):
            super()._update_pending_task_msg(task_id, msg, tags)
            return
        pod = f"{self._agent.pod_name_prefix}{task_id}"
        command = ["kubectl", "delete", self._agent.kind, pod, "--namespace", self._agent.namespace, "--wait=false"]
        subprocess.run(command, capture_output=True, timeout=60, check=True)  # noqa: S603
        self._agent.fail(task_id, msg)
