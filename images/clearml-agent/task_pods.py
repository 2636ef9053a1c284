"""The agent's glue, mended where a task that it has taken would get no pod, or wait for ever without a word.

Everything here goes through methods that the glue of clearml-agent 2.0.7 calls; what they do is said in glue/k8s.py of its package.
"""

import json
import subprocess
from types import SimpleNamespace

from clearml_agent.glue import k8s

from lost_tasks import LostTasks
from pending_pods import PendingPods
from task_start import as_ascii, start_commands

# The glue writes its pods as YAML 1.2, where `yes` needs no quotes, and kubectl reads 1.1, where it is no text: neither a label nor the
# value of a variable. JSON is YAML to both.
k8s.yaml = SimpleNamespace(
    load=k8s.yaml.load,
    dump=lambda data, stream: json.dump(data, stream, default=str),
)

# Property of a task by which its agent knows it again, after a restart too. It shows beside the glue's own `k8s-queue`.
AGENT = "k8s-agent"
QUEUE = "k8s-queue"


class TaskPods(k8s.K8sIntegration):
    def __init__(self, queues, lost_after, namespace, **more):
        super().__init__(namespace=namespace, **more)
        self._queue_names = set(queues)
        self._with_pod = None
        self._lost = LostTasks(self, lost_after)

    def _create_daemon_instance(self, cls_, **options):
        return PendingPods(agent=self, **options)

    def _name(self):
        return f"{self.namespace}/{self.worker_id}"

    def run_one_task(self, queue, task_id, *args, **more):
        self._with_pod = None
        try:
            # Before all else: an agent that ends in between finds the task without a pod when it is back.
            self._set_task_user_properties(task_id, **{AGENT: self._name()})
            super().run_one_task(queue, task_id, *args, **more)
            if self._with_pod != task_id:
                self._fail_dropped(queue, task_id)
        except Exception as error:
            # One whose pod is there runs, whatever else went wrong.
            if self._with_pod == task_id:
                print(f"Task {task_id} has its pod, but: {error}")
            else:
                self.fail(task_id, f"no pod could be started for it: {type(error).__name__}: {error}")

    def _fail_dropped(self, queue, task_id):
        # Where the server would not have the task in a queue again, the glue says so in its own log and goes on.
        left = self._ask("tasks", "get_all", id=[task_id], status=["queued", "stopped"], only_fields=["id"])["tasks"]
        if left and task_id not in [*self.waiting(), *self._entries(queue)]:
            self.fail(task_id, "the server did not take it into a queue when it was its turn; enqueue it again")

    def resource_applied(self, resource_name, namespace, task_id, session):
        self._with_pod = task_id

    def apply_template_and_handle_result(self, *, clearml_conf_create_script, task_data, **more):
        commands = [*clearml_conf_create_script, *start_commands(task_data)]
        super().apply_template_and_handle_result(clearml_conf_create_script=commands, task_data=task_data, **more)

    def _kubectl_apply(self, *args, **more):
        output, error, pod_name = super()._kubectl_apply(*args, **more)
        # The glue takes whatever kubectl says beside it for an error, and fails a task whose pod then runs. It says more: the API server's
        # warnings, as of a variable named twice, and which part of the API is away.
        if error and pod_name and f"{self.kind}/{pod_name} " in (output or ""):
            print(f"kubectl made {self.kind} {pod_name}, and says: {error}")
            error = ""
        return output, error, pod_name

    def _create_template_container(self, *, docker_bash, **more):
        return super()._create_template_container(docker_bash=as_ascii(docker_bash), **more)

    def _set_task_failed_while_applying(self, session, task_id, error):
        self.fail(task_id, error)

    def _cleanup_old_pods(self, *args, **more):
        # The glue comes by here each time it looks for tasks, and never while it starts one.
        deleted = super()._cleanup_old_pods(*args, **more)
        self._lost.look()
        return deleted

    def fail(self, task_id, reason):
        """Fails a task with the reason where people look for one, and in its log."""
        reason = f"K8S glue error: {str(reason).strip()[:2000]}"
        self.send_logs(task_id, [f"{reason}\n"])
        by = f"Failed by agent {self._name()}"
        try:
            self._ask("tasks", "failed", task=task_id, force=True, status_reason=reason, status_message=by)
            self._ask("queues", "remove_task", task=task_id, queue=self.k8s_pending_queue_id)
        except Exception as error:
            # It need not have got into the queue; and what is in it while the server is away is found without a pod later.
            print(f"Task {task_id}: {error}")

    def _ask(self, service, action, **fields):
        # Unlike the glue's api_client, this raises what the server refuses.
        return self._session.get(service=service, action=action, json=fields)

    def waiting(self):
        """Tasks of any agent that were taken and have not begun."""
        return self._entries(self.k8s_pending_queue_id)

    def _entries(self, queue):
        found = self._ask("queues", "get_by_id", queue=queue)["queue"]
        return [entry["task"] for entry in found.get("entries") or []]

    def pods(self):
        """Names of all there are, whoever made them."""
        command = ["kubectl", "get", f"{self.kind}s", "--namespace", self.namespace, "--output", "name"]
        found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603
        return {line.rpartition("/")[2] for line in found.stdout.split()}

    def own(self, task_ids):
        """Those that this agent has taken: other clusters' agents keep theirs in the same queue."""
        answer = self._ask("tasks", "get_all", id=list(task_ids), status=["queued"], only_fields=["id", "hyperparams"])
        return [task["id"] for task in answer["tasks"] if self._is_own(task)]

    def _is_own(self, task):
        properties = (task.get("hyperparams") or {}).get("properties") or {}
        agent, queue = ((properties.get(name) or {}).get("value") for name in (AGENT, QUEUE))
        # A clone takes the properties along, and another agent may have taken it: the glue of each says the queue.
        return agent == self._name() and (queue is None or queue in self._queue_names)
