import * as z from "zod";

export const chartsConfig = z.strictObject({
  paths: z
    .record(z.string(), z.string())
    .default({})
    .describe("Chart folders or .tgz files to install instead of the locked ones, by chart name, for a try.")
    .meta({ examples: [{ cvat: "../cvat/helm-chart" }] }),
});

export type ChartsConfig = z.output<typeof chartsConfig>;
