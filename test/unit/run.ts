import type { ResourceKind, Run } from "../../components/records/kind.ts";

/** A run of the engine, as a kind's calls are told of it. */
export function newRun(parts: Partial<Run> = {}): Run {
  return { engine: {}, signal: new AbortController().signal, say: () => undefined, warn: () => undefined, ...parts };
}

/** The calls of a kind in one run. */
export function within<Inputs extends object, Outs extends Inputs>(run: Run, kind: ResourceKind<Inputs, Outs>) {
  return {
    check: async (news: Inputs, olds: Partial<Inputs>) => kind.check?.(news, olds, run),
    diff: async (olds: Outs, news: Inputs) => kind.diff(olds, news, run),
    create: (inputs: Inputs) => kind.create(inputs, run),
    read: (id: string, outs: Outs) => kind.read(id, outs, run),
    update: (id: string, olds: Outs, news: Inputs) => kind.update(id, olds, news, run),
    delete: (id: string, outs: Outs) => kind.delete(id, outs, run),
  };
}
