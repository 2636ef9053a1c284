import { jumpsMade, type JumpMade } from "../charts/jumps.ts";
import { tokenOf } from "../charts/steps-taken.ts";
import { CLEARML_VERSIONS } from "../clearml/versions.ts";
import { CVAT_VERSIONS } from "../cvat/versions.ts";
import type { Plan } from "../lab/plan.ts";
import type { Finding } from "./check.ts";
import { SYSTEMS, versionsOf, type InstalledVersions, type System } from "./versions.ts";

/** What is known of each system's versions. */
export const TABLES = { cvat: CVAT_VERSIONS, clearml: CLEARML_VERSIONS } as const;

/** A known-bad step of one system, and what becomes of it. */
export interface SystemJump extends JumpMade {
  system: System;
  /** `refused`: nothing is done. `allowed`: a person says that the steps were taken. `handled`: this program sees to it. */
  verdict: "refused" | "allowed" | "handled";
}

/** The known-bad steps from what a state knows to what is to be. */
export function knownBadJumps(
  before: InstalledVersions,
  after: InstalledVersions,
  taken: Readonly<Record<System, readonly string[]>>,
): SystemJump[] {
  return SYSTEMS.flatMap((system) =>
    jumpsMade(TABLES[system].jumps, before[system], after[system]).map((made) => ({
      ...made,
      system,
      verdict:
        made.jump.handled !== undefined ? "handled" : taken[system].includes(tokenOf(made)) ? "allowed" : "refused",
    })),
  );
}

/** The known-bad steps that a plan would make. */
export function jumpsOf(before: InstalledVersions, plan: Plan): SystemJump[] {
  const { cvat, clearml } = plan.lab;
  return knownBadJumps(before, versionsOf(plan), { cvat: cvat.stepsTaken, clearml: clearml.stepsTaken });
}

/** Holds a run back whose versions are known to go wrong from those that are there, and says what to do first. */
export function versionsCanBeReached(before: InstalledVersions, plan: Plan): Finding[] {
  return jumpsOf(before, plan).flatMap((made): Finding[] => {
    const path = `vision-platform:${made.system}.version`;
    if (made.verdict === "refused") return [{ severity: "refusal", path, message: refusalText(made) }];
    if (made.verdict === "allowed") return [{ severity: "warning", path, message: allowedText(made) }];
    return [];
  });
}

/** `The server of CVAT goes from 2.64.0 to 2.48.1, to an older release.` */
export function jumpText({ jump, system, from, to }: SystemJump): string {
  const { product } = TABLES[system];
  const part = jump.part === "nuclio" ? `Nuclio of ${product}` : `The ${jump.part} of ${product}`;
  return `${part} goes from ${from} to ${to} (${jump.between}).`;
}

function refusalText(made: SystemJump): string {
  const steps = made.jump.steps.map((step, index) => `${index + 1}. ${step}`).join(" ");
  return `${jumpText(made)} ${made.jump.why} First: ${steps} When that is done, say so: ${sayIt(made)}`;
}

/** How a person lets a step through whose conditions are met. */
export const sayIt = (made: SystemJump): string =>
  `pulumi config set --path 'vision-platform:${made.system}.stepsTaken[0]' ${tokenOf(made)}`;

const allowedText = (made: SystemJump): string =>
  `${jumpText(made)} It is let through, since stepsTaken names it: ${made.jump.why}`;
