import type { LabConfig, SectionName } from "./config.ts";
import type { Problem } from "./problems.ts";
import { repeats } from "./section-rules.ts";

/** The sections as far as they are sound: a key that has a problem of its own is not there. */
export type SoundParts = { [Name in SectionName]?: Partial<NonNullable<LabConfig[Name]>> };

/** A rule across sections: gives what is wrong. */
type Rule = (lab: SoundParts) => Problem[];

/** Two Services that ask MetalLB for one address: the second stays without, and pods that wait for it never start. */
const addressesAreUsedOnce: Rule = ({ traefik, clearml, objectStore }) => {
  const { web, api, files } = installed(clearml)?.addresses ?? {};
  return usedTwice([
    ["vision-platform:traefik.address", traefik?.address],
    ["vision-platform:clearml.addresses.web", web],
    ["vision-platform:clearml.addresses.api", api],
    ["vision-platform:clearml.addresses.files", files],
    ["vision-platform:objectStore.address", objectStore?.address],
  ]);
};

/** Objects of both charts have fixed names, so each system needs a namespace of its own. */
const namespacesAreUsedOnce: Rule = ({ cvat, clearml }) =>
  usedTwice([
    ["vision-platform:cvat.namespace", installed(cvat)?.namespace],
    ["vision-platform:clearml.namespace", installed(clearml)?.namespace],
  ]);

export const RULES: readonly Rule[] = [addressesAreUsedOnce, namespacesAreUsedOnce];

/** What is switched off asks for nothing. */
function installed<Section extends { enabled?: boolean }>(section: Section | undefined): Section | undefined {
  return section?.enabled === false ? undefined : section;
}

function usedTwice(uses: readonly (readonly [path: string, value: string | undefined])[]): Problem[] {
  return repeats(uses).map(({ key, first, value }) => ({
    path: key,
    message: `\`${value}\` is used by ${first} already. Give each its own.`,
  }));
}
