"""Tasks that were taken and wait for a pod that is not there: deleted by hand, or gone with its node or namespace."""

from time import monotonic

LOOKS_PER_GRACE = 8


class LostTasks:
    def __init__(self, agent, grace):
        """
        :param agent: says which tasks wait and which pods there are, and fails a task
        :param grace: seconds that a task may be without a pod
        """
        self._agent = agent
        self._grace = grace
        self._next = 0.0
        self._since = {}

    def look(self):
        """Fails what was without a pod the whole time. Where the cluster or the server cannot be asked, nothing is concluded."""
        now = monotonic()
        if now < self._next:
            return
        self._next = now + self._grace / LOOKS_PER_GRACE
        try:
            self._look(now)
        except Exception as error:
            print(f"Tasks without a pod could not be looked for: {error}")

    def _look(self, now):
        # In this order: a task whose pod ends in between has left the queue before.
        waiting = self._agent.waiting()
        there = self._agent.pods() if waiting else set()
        prefix = self._agent.pod_name_prefix
        self._since = {task: self._since.get(task, now) for task in waiting if prefix + task not in there}
        late = [task for task, since in self._since.items() if now - since >= self._grace]
        for task in self._agent.own(late) if late else []:
            where = f"{self._agent.kind} {prefix}{task} in namespace {self._agent.namespace}"
            self._agent.fail(task, f"its {where} is gone: deleted, or lost with its node; enqueue it again")
