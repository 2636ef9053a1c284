import { it } from "vitest";

/** A test that is too long for each landing, and whose scene no later test needs: `npm run test:full` runs it. */
export const full = it.runIf(process.env["VISION_PLATFORM_FULL"] === "1");
