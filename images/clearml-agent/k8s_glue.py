"""Takes tasks from ClearML queues and starts a pod for each.

The package of clearml-agent holds no program for this, only an example in its repository. The options are those the chart and its own
entrypoint give.
"""

from argparse import ArgumentParser

from task_pods import TaskPods


def options():
    parser = ArgumentParser(description=__doc__)
    parser.add_argument(
        "--queue", required=True, help="queues to take tasks from, with commas between, the most urgent first"
    )
    parser.add_argument("--namespace", required=True, help="where pods are started")
    parser.add_argument("--template-yaml", required=True, help="file with the pod that each task's is made from")
    parser.add_argument("--max-pods", type=int, help="how many tasks run at once at most")
    parser.add_argument("--create-queue", action="store_true", help="make the queues that are missing")
    parser.add_argument(
        "--lost-after", type=float, default=120, help="seconds after which a task whose pod is gone is failed"
    )
    return parser.parse_args()


def main():
    chosen = options()
    queues = [name.strip() for name in chosen.queue.split(",") if name.strip()]
    glue = TaskPods(
        queues,
        lost_after=chosen.lost_after,
        namespace=chosen.namespace,
        template_yaml=chosen.template_yaml,
        max_pods_limit=chosen.max_pods,
    )
    return glue.k8s_daemon(queues, create_queue=chosen.create_queue)


if __name__ == "__main__":
    raise SystemExit(main())
