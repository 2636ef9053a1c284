import project from "../package.json" with { type: "json" };
import { FORMER_PACKAGE, PACKAGE, tokenOf } from "../components/records/tokens.ts";
import { keptTexts } from "./kept-texts.ts";
import { kindNamed } from "./kinds.ts";
import type { Plugin } from "./protocol/plugin.ts";

/**
 * Our own provider. It serves the package of the SDK's dynamic resources too: what it does now they did until 2026-12, and a `destroy` of a
 * stack of that time asks for them by that name. What they kept beside their properties is left out.
 */
export const OWN_PROVIDER: Plugin = {
  packages: [PACKAGE, FORMER_PACKAGE],
  version: project.version,
  kindOf(type) {
    const token = tokenOf(type);
    return token && kindNamed(token);
  },
  guard: keptTexts,
  ignored: ["handler"],
};
