import project from "../package.json" with { type: "json" };
import { PACKAGE } from "../components/records/resource.ts";
import { keptTexts } from "./kept-texts.ts";
import { kindNamed } from "./kinds.ts";
import type { Plugin } from "./protocol/plugin.ts";

/**
 * Our own provider. It serves the package of the SDK's dynamic resources too: what it does now they did until 2026-12, and a `destroy` of a
 * stack of that time asks for them by that name. What they kept beside their properties is left out.
 */
export const OWN_PROVIDER: Plugin = {
  packages: [PACKAGE, "pulumi-nodejs"],
  version: project.version,
  kindOf: (type) => kindNamed(type.split(":").slice(-2).join(":")),
  guard: keptTexts,
  ignored: ["handler"],
};
