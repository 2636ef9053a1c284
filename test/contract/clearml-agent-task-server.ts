import type { MoreEndpoints } from "../unit/clearml-agent-server.ts";

/** A task as the server answers it, as far as the agent looks at it. */
export interface Task {
  id: string;
  status: string;
  status_reason?: string;
  container: Record<string, string>;
  script?: Record<string, unknown>;
  hyperparams: { properties: Record<string, { name: string; value: string }> };
}

/** What the agent's glue asks of a server about tasks. (glue/k8s.py of clearml-agent 2.0.7) */
export interface TaskServer {
  endpoints: MoreEndpoints;
  /** Makes a task, in no queue. */
  made(id: string, more?: Partial<Task>): Task;
  /** Makes a task in the queue that the agent takes from. */
  enqueued(id: string, more?: Partial<Task>): Task;
  /** Forgets all of them. */
  clear(): void;
}

export function taskServer(): TaskServer {
  const tasks = new Map<string, Task>();
  const waiting: string[] = [];
  const one = (id: unknown) => {
    const task = tasks.get(String(id));
    if (!task) throw new Error(`no task ${String(id)}`);
    return task;
  };
  const done = { updated: 1 };
  const endpoints: MoreEndpoints = {
    "queues.get_next_task": () => {
      const task = waiting.shift();
      return { entry: task === undefined ? null : { task } };
    },
    "tasks.get_all": ({ id, status }) => ({
      tasks: [id]
        .flat()
        .flatMap((each) => tasks.get(String(each)) ?? [])
        .filter((task) => !Array.isArray(status) || status.includes(task.status)),
    }),
    "tasks.stop": ({ task }) => {
      one(task).status = "stopped";
      return done;
    },
    "tasks.enqueue": ({ task, queue }, queues) => {
      queues.addTask({ queue, task });
      one(task).status = "queued";
      return { queued: 1, ...done };
    },
    "tasks.failed": ({ task, status_reason }) => {
      Object.assign(one(task), { status: "failed", status_reason });
      return done;
    },
    "tasks.edit": () => done,
    "tasks.edit_hyper_params": ({ task, hyperparams }) => {
      for (const property of hyperparams as { name: string; value: string }[])
        one(task).hyperparams.properties[property.name] = property;
      return done;
    },
    "events.add_batch": () => ({ added: 1 }),
    "workers.register": () => ({}),
    "workers.unregister": () => ({}),
    "workers.status_report": () => ({}),
  };
  const made = (id: string, more: Partial<Task> = {}) => {
    const task: Task = {
      id,
      status: "queued",
      container: { image: "torch:1" },
      hyperparams: { properties: {} },
      ...more,
    };
    tasks.set(id, task);
    return task;
  };
  return {
    endpoints,
    made,
    enqueued(id, more) {
      waiting.push(id);
      return made(id, more);
    },
    clear() {
      tasks.clear();
      waiting.length = 0;
    },
  };
}
