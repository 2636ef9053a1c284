import { amountOf } from "../schema/quantity.ts";
import type { Resources } from "../schema/pods.ts";

/** Amounts of devices by the name that their plugin gives them: `{ "nvidia.com/gpu": 1 }`. */
export type Devices = Readonly<Record<string, number>>;

/** The devices among a container's limits: what has a domain in front. It is never shared out twice, so requests say nothing else. */
export function devicesOf({ limits = {} }: Resources = {}): Devices {
  return devicesAmong(limits);
}

/** The devices among amounts by name, without those that are none. */
export function devicesAmong(amounts: Readonly<Record<string, string>>): Devices {
  const devices = Object.entries(amounts)
    .filter(([name]) => name.includes("/"))
    .map(([name, amount]) => [name, amountOf(amount) ?? 0] as const);
  return Object.fromEntries(devices.filter(([, amount]) => amount > 0));
}

/** So many times as much. */
export const times = (devices: Devices, many: number): Devices =>
  Object.fromEntries(Object.entries(devices).map(([name, amount]) => [name, amount * many]));

/** All of them together. */
export function sumOf(all: readonly Devices[]): Devices {
  const sum: Record<string, number> = {};
  for (const devices of all) add(sum, devices, 1);
  return sum;
}

/** Adds so many times as much to a sum. */
export function add(to: Record<string, number>, devices: Devices, many: number): void {
  for (const [name, amount] of Object.entries(devices)) to[name] = (to[name] ?? 0) + amount * many;
}
