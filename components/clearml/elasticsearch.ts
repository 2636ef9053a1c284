import type { z } from "zod";
import type { resources } from "../schema/pods.ts";

type Resources = z.output<typeof resources>;

/** Least heap, in bytes. */
export const LEAST_HEAP = 2 ** 30;

/** The container's memory as a multiple of its heap: Elasticsearch keeps as much again outside it (facts/clearml.md 1.7). */
const MEMORY_FACTOR = 2;

/** Bytes of a heap written as Java does: `2g`, `1536m`. */
export function heapBytes(heap: string): number {
  return Number.parseInt(heap, 10) * (heap.endsWith("g") ? 2 ** 30 : 2 ** 20);
}

/** Memory a container with this heap needs, as Kubernetes writes it. */
export function memoryFor(heap: string): string {
  return quantity(heapBytes(heap) * MEMORY_FACTOR);
}

/** Requests and limits of Elasticsearch: the chart's processor share, memory from the heap, and over them what the stack says. */
export function elasticsearchResources(heap: string, given: Resources = {}): Required<Resources> {
  return {
    requests: { cpu: "100m", memory: quantity(heapBytes(heap)), ...given.requests },
    limits: { cpu: "2", memory: memoryFor(heap), ...given.limits },
  };
}

const quantity = (count: number) => (count % 2 ** 30 === 0 ? `${count / 2 ** 30}Gi` : `${count / 2 ** 20}Mi`);
