import { readdir } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { checkWithFiles } from "../../automation/stackfile/check-files.ts";
import { readStackFile } from "../../automation/stackfile/stack-file.ts";
import { parseLab } from "../../components/lab/parse.ts";
import { idleKeys } from "../../components/lab/idle-keys.ts";
import { Sealed } from "../../components/schema/values.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const stackFiles = (await readdir(ROOT)).filter((file) => /^Pulumi\..+\.yaml$/.test(file));
const told = (sections: Record<string, unknown>) =>
  idleKeys(sections).map(({ path: key, message }) => `${key}: ${message}`);

describe("keys under a part that is off", () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    [
      "by default: the agent, whose `enabled: true` was forgotten",
      { clearml: { agent: { queue: "gpu", tasks: { gpus: 1 } } } },
      [
        "vision-platform:clearml.agent: Is off, so nothing reads queue, tasks. Set clearml.agent.enabled to true, or remove them.",
      ],
    ],
    [
      "as it is set",
      { cvat: { nuclio: { enabled: false, registry: { url: "registry.example" } } } },
      [
        "vision-platform:cvat.nuclio: Is off, so nothing reads registry. Set cvat.nuclio.enabled to true, or remove it.",
      ],
    ],
    [
      "of which some stand elsewhere",
      {
        cvat: {
          analytics: { enabled: false, vector: {} },
          secrets: { grafana: new Sealed("v1:x"), redis: new Sealed("v1:x") },
        },
      },
      [
        "vision-platform:cvat.analytics: Is off, so nothing reads vector, cvat.secrets.grafana. Set cvat.analytics.enabled to true, or remove them.",
      ],
    ],
    [
      "with parts inside: told once",
      { cvat: { enabled: false, analytics: { enabled: false, vector: {} } } },
      ["vision-platform:cvat: Is off, so nothing reads analytics. Set cvat.enabled to true, or remove it."],
    ],
    ["alone", { clearml: { enabled: false }, cvat: { nuclio: { enabled: false } } }, []],
    [
      "that count nevertheless",
      { cvat: { nuclio: { enabled: false, external: { host: "nuclio.example.com", namespace: "n" } } } },
      [],
    ],
    ["of a part that is on", { clearml: { agent: { enabled: true, queue: "gpu" } } }, []],
    ["of a broken section", { cvat: "x", clearml: null }, []],
  ])("%s", (_what, sections, expected) => {
    expect(told(sections)).toEqual(expected);
  });

  it("are warned of, not refused: also those that were", () => {
    const sections = {
      cvat: {
        nuclio: { enabled: false, registry: { url: "registry.example" } },
        analytics: { enabled: false },
        secrets: { clickhouse: new Sealed("v1:x") },
      },
    };
    expect(parseLab(sections).problems).toEqual([]);
    expect(told(sections)).toHaveLength(2);
  });

  it.each(stackFiles)("there are none in %s", async (file) => {
    expect((await checkWithFiles(await readStackFile(path.join(ROOT, file)))).warnings).toEqual([]);
  });
});
