import * as z from "zod";

/** The charts of a lab. */
const CHARTS = ["cvat", "clearml", "clearml-agent"] as const;

export const chartsConfig = z.strictObject({
  paths: z
    .partialRecord(z.enum(CHARTS), z.string().min(1))
    .default({})
    .describe("Chart folders or .tgz files to install instead of the locked ones, by chart name, for a try.")
    .meta({ examples: [{ cvat: "../cvat/helm-chart" }] }),
});
