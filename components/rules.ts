import type { LabConfig } from "./config.ts";
import type { Problem } from "./problems.ts";

/** A rule across sections: looks at those that parsed and gives what is wrong. */
type Rule = (lab: Partial<LabConfig>) => Problem[];

/** Two Services that ask MetalLB for one address: the second stays without, and pods that wait for it never start. */
const addressesAreUsedOnce: Rule = ({ traefik, clearml, objectStore }) =>
  usedTwice([
    ["vision-platform:traefik.address", traefik?.address],
    ["vision-platform:clearml.addresses.web", clearml?.addresses.web],
    ["vision-platform:clearml.addresses.api", clearml?.addresses.api],
    ["vision-platform:clearml.addresses.files", clearml?.addresses.files],
    ["vision-platform:objectStore.address", objectStore?.address],
  ]);

/** Objects of both charts have fixed names, so each system needs a namespace of its own. */
const namespacesAreUsedOnce: Rule = ({ cvat, clearml }) =>
  usedTwice([
    ["vision-platform:cvat.namespace", cvat?.namespace],
    ["vision-platform:clearml.namespace", clearml?.namespace],
  ]);

export const RULES: readonly Rule[] = [addressesAreUsedOnce, namespacesAreUsedOnce];

function usedTwice(uses: readonly (readonly [path: string, value: string | undefined])[]): Problem[] {
  return uses.flatMap(([path, value], index) => {
    const first = uses.slice(0, index).find(([, earlier]) => value !== undefined && earlier === value);
    return first ? [{ path, message: `\`${value ?? ""}\` is used by ${first[0]} already. Give each its own.` }] : [];
  });
}
